"""Tests of the tests: without the code of any one guarantee, a test fails."""

import dataclasses
from collections.abc import Iterator

import pytest

from md5_service.cli.launcher import Launcher
from tests.checkout import ROOT
from tests.faults.mutants import MUTANTS
from tests.faults.mutants.queue import LEASES
from tests.faults.mutation import Mutant, changed, libraries, run, run_pytest

IN_SHORT = [mutant for mutant in MUTANTS if mutant.in_short]
NOTHING = Mutant("nothing", LEASES, "import json\n", "import json  # as ever\n", ())
ALL_S = 600  # for the tests of all mutants, one after the other; that takes 100 s


@pytest.fixture(scope="module")
def launcher() -> Iterator[Launcher]:
    with libraries() as launcher:
        yield launcher


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "mutant" in metafunc.fixturenames:
        mutants = MUTANTS if metafunc.config.getoption("--long") else IN_SHORT
        metafunc.parametrize("mutant", [pytest.param(mutant, id=mutant.takes_out) for mutant in mutants])


def test_somebody_notices_that_it_is_gone(mutant: Mutant, launcher: Launcher) -> None:
    outcome = run(launcher, mutant)
    assert outcome.is_noticed, outcome.words


def test_a_change_that_changes_nothing_is_noticed_by_nobody(launcher: Launcher, is_long: bool) -> None:
    names = tuple(dict.fromkeys(name for mutant in (MUTANTS if is_long else IN_SHORT) for name in mutant.tests))
    outcome = run(launcher, dataclasses.replace(NOTHING, tests=names), within_s=ALL_S)
    assert not outcome.is_noticed, outcome.words
    assert outcome.passed >= len(names), outcome.words


def test_what_never_ends_is_noticed_and_ended(launcher: Launcher) -> None:
    endless = dataclasses.replace(
        IN_SHORT[0], file=LEASES, was=NOTHING.was, becomes="import json\nimport time\ntime.sleep(600)\n"
    )
    assert run(launcher, endless, within_s=1).is_noticed


def test_all_fit_the_code() -> None:
    for mutant in MUTANTS:
        assert changed(mutant, ROOT) != (ROOT / mutant.file).read_text(), mutant.takes_out


def test_whoever_is_named_to_notice_is_there(request: pytest.FixtureRequest) -> None:
    names = {name for mutant in MUTANTS for name in mutant.tests}
    assert len(names) > 15
    there = [item.nodeid for item in request.session.items]
    if unseen := [name for name in names if not any(_is_of(name, each) for each in there)]:
        launcher = request.getfixturevalue("launcher")
        code, said = run_pytest(launcher, ROOT, ["--collect-only", *unseen])
        assert code == 0, said


def _is_of(name: str, item: str) -> bool:
    """A file name stands for all its tests, a name without brackets for all its parameters."""
    return item == name or item.startswith((f"{name}::", f"{name}["))


def test_those_that_matter_most_are_always_run() -> None:
    assert len(IN_SHORT) == 3
