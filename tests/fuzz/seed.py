"""The random seed of the long form."""

import os

SEED = os.environ.get("MD5_FUZZ_SEED", "20261122")
