"""What the long form draws its chances from."""

import os

SEED = os.environ.get("MD5_FUZZ_SEED", "20261122")
