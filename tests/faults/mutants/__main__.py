"""Runs all mutants: `python -m tests.faults.mutants`."""

import functools
import os
import sys
from concurrent.futures import ThreadPoolExecutor

from tests.faults.mutants import MUTANTS
from tests.faults.mutation import libraries, run

AT_ONCE = 2 * (os.cpu_count() or 1)  # many tests spend most of their time waiting


def main() -> int:
    print("| without | noticed by |\n|---|---|")
    survived = 0
    with libraries() as launcher, ThreadPoolExecutor(AT_ONCE) as pool:
        for mutant, outcome in zip(MUTANTS, pool.map(functools.partial(run, launcher), MUTANTS), strict=True):
            survived += not outcome.is_noticed
            print(f"| {mutant.takes_out} | {mutant.names if outcome.is_noticed else '**NOBODY**'} |", flush=True)
    print(f"\n{len(MUTANTS)} mutants, {survived} survived")
    return min(survived, 1)


if __name__ == "__main__":
    sys.exit(main())
