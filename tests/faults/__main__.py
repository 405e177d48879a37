"""`make faults`: runs the long form of these tests, one after the other, and writes the figures into RESULTS.md.

Arguments for pytest may follow, as in `python -m tests.faults -k kill_storm`; the rows of tests that were not run stay
unchanged.
"""

import datetime
import os
import platform
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.checkout import ROOT
from tests.faults.mutants import MUTANTS

HERE = Path(__file__).parent
RESULTS = HERE / "RESULTS.md"
ELSEWHERE = (
    "tests/data/test_leases.py::test_500_writes_with_a_stale_fence_have_no_effect",
    "tests/end_to_end/test_matrix.py",
)
HEAD = """# What was broken, and what came of it

Written by `make faults`. `MD5_FAULTS_SEED` changes the chances, the seed of a row replays them. `lost`, `wrong`, `doubled`,
`unlogged`, `torn` and (in newer rows) `miscounted` are counted by `oracle.py`, from the client's own journal, by plain SQL, and
by hand from the log.

| test | when, where | figures |
|---|---|---|
"""
ROW = re.compile(r"^\| (.+?) \| (.+?) \| (.+) \|$", re.M)
MUTANTS_HEAD = """
## Mutants

Each is a copy of the code without one guarantee, and the test that notices. `make mutants` and the whole `make faults` run them.

| without | noticed by |
|---|---|
"""


def main() -> int:
    with tempfile.NamedTemporaryFile("r", prefix="figures-") as figures:
        options = ["--long", "--figures", figures.name, "-p", "no:randomly", "--timeout", "3600"]
        tests = [str(HERE), *ELSEWHERE, *sys.argv[1:]]
        code = subprocess.run([sys.executable, "-m", "pytest", "-q", *options, *tests], cwd=ROOT).returncode
        found = re.findall(r"^\| (.+?) \| (.+) \|$", figures.read(), re.M)
    commit = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True).stdout
    where = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, commit {commit.strip()}"
    when = datetime.datetime.now(datetime.UTC).date()
    rows = _rows() | {name: (f"{when}, {where}", words) for name, words in found}
    table = "".join(f"| {name} | {when} | {words} |\n" for name, (when, words) in sorted(rows.items()))
    mutants = "".join(f"| {mutant.takes_out} | {mutant.names} |\n" for mutant in MUTANTS)
    RESULTS.write_text(f"{HEAD}{table}{MUTANTS_HEAD}{mutants}")
    return code


def _rows() -> dict[str, tuple[str, str]]:
    """The rows of earlier runs."""
    kept = RESULTS.read_text().partition("## Mutants")[0] if RESULTS.exists() else ""
    return {name: (when, words) for name, when, words in ROW.findall(kept) if name not in ("test", "---")}


if __name__ == "__main__":
    sys.exit(main())
