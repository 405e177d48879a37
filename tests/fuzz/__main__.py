"""`make fuzz`: runs the long form of these tests and writes its figures to RESULTS.md. Options of pytest may follow."""

import datetime
import os
import platform
import re
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

HERE = Path(__file__).parent
RESULTS = HERE / "RESULTS.md"
ROW = re.compile(r"^\| (.+?) \| (.+?) \| (.+) \|$", re.M)
HEAD = """# Results of fuzzing

Written by `make fuzz`. `MD5_FUZZ_SEED` sets the random seed.

| test | when, where | figures |
|---|---|---|
"""
BY_HAND = "\n## By hand"


def main() -> int:
    """Rows of tests that did not run, and the text below the table, stay unchanged."""
    with tempfile.NamedTemporaryFile("r", prefix="figures-") as figures:
        options = ["--long", "--figures", figures.name, "-p", "no:randomly", "--timeout", "3600"]
        code = subprocess.run([sys.executable, "-m", "pytest", "-q", *options, str(HERE), *sys.argv[1:]]).returncode
        found = re.findall(r"^\| (.+?) \| (.+) \|$", figures.read(), re.M)
    tools = ", ".join(f"{name} {version(name)}" for name in ("schemathesis", "atheris", "python-multipart"))
    where = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, {tools}"
    when = f"{datetime.datetime.now(datetime.UTC).date()}, {where}"
    kept, _, by_hand = RESULTS.read_text().partition(BY_HAND) if RESULTS.exists() else ("", "", "")
    rows = {name: (at, words) for name, at, words in ROW.findall(kept) if name not in ("test", "---")}
    rows |= {name: (when, words) for name, words in found}
    table = "".join(f"| {name} | {at} | {words} |\n" for name, (at, words) in sorted(rows.items()))
    RESULTS.write_text(f"{HEAD}{table}" + (BY_HAND + by_hand if by_hand else ""))
    return code


if __name__ == "__main__":
    sys.exit(main())
