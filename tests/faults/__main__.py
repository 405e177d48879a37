"""`make faults`: the long form of every test here, one after the other, and its figures into RESULTS.md."""

import datetime
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.faults import mutants
from tests.faults.test_kill_storm import SEED

HERE = Path(__file__).parent
HEAD = """# What was broken, and what came of it

Written by `make faults`; `MD5_FAULTS_SEED` replays or changes the chances. {when}, {machine}, {cores} cores, Python {python},
seed {seed}. Each line is one test in its long form; `lost`, `wrong`, `doubled`, `unlogged` and `torn` are counted by
`oracle.py` from the client's own journal, by plain SQL and by hand from the log.

| test | figures |
|---|---|
"""


def main() -> int:
    with tempfile.NamedTemporaryFile("r", prefix="figures-") as figures:
        options = ["--long", "--figures", figures.name, "-p", "no:randomly", "--timeout", "3600"]
        code = subprocess.run([sys.executable, "-m", "pytest", "-q", *options, str(HERE), *sys.argv[1:]]).returncode
        about = HEAD.format(
            when=datetime.datetime.now(datetime.UTC).date(),
            machine=platform.machine(),
            cores=os.cpu_count(),
            python=platform.python_version(),
            seed=SEED,
        )
        table = "".join(f"| {mutant.takes_out} | {mutant.names} |\n" for mutant in mutants.MUTANTS)
        what = "## Mutants\n\nEach was noticed" if code == 0 else "## Mutants\n\nSee the run: something failed"
        (HERE / "RESULTS.md").write_text(
            f"{about}{figures.read()}\n{what}.\n\n| without | noticed by |\n|---|---|\n{table}"
        )
    return code


if __name__ == "__main__":
    sys.exit(main())
