"""Tests of the tests: without any one guarantee's code, a test fails."""

import subprocess
import sys

import pytest

from tests.faults.mutants import MUTANTS, ROOT, Mutant, changed, run

ALL = [pytest.param(mutant, id=mutant.takes_out) for mutant in MUTANTS]


@pytest.mark.parametrize("mutant", ALL)
def test_somebody_notices_that_it_is_gone(mutant: Mutant, is_long: bool) -> None:
    assert changed(mutant, ROOT) != (ROOT / mutant.file).read_text()
    if not (mutant.in_short or is_long):
        pytest.skip("it still fits the code; `make mutants` runs it")
    outcome = run(mutant)
    assert outcome.is_noticed, outcome.words


def test_whoever_is_named_to_notice_is_there() -> None:
    names = {name for mutant in MUTANTS for name in mutant.tests}
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:randomly", *names]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    assert len(names) > 15


def test_those_that_matter_most_are_always_run() -> None:
    assert sum(mutant.in_short for mutant in MUTANTS) == 3
