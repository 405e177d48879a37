"""The shared log's protocol holds in every order of steps and mishaps, and breaks without any one of its rules."""

import pytest

from tests.data.log_model import Variant, check

STEPS = frozenset(
    {"compute", "kill", "take_lock", "choose", "commit_lines", "write", "sync", "commit_flushed", "unlock"},
)
# What may happen; the actions that this adds; the least number of states: a model that explores fewer has lost some
# of its actions.
PROTOCOL = [
    pytest.param({}, set(), 1_600, id="base"),
    pytest.param({"tasks": 3}, set(), 23_000, id="three tasks"),
    pytest.param({"workers": 3}, set(), 5_000, id="three workers"),
    pytest.param({"power": 1}, {"lose_power"}, 4_800, id="power loss"),
    pytest.param({"zombie": 1}, {"lose_lock"}, 10_000, id="lost lock"),
    pytest.param({"zombie": 1, "power": 1}, {"lose_lock", "lose_power"}, 28_000, id="lost lock, power loss"),
    pytest.param(
        {"zombie": 1, "power": 1, "workers": 3},
        {"lose_lock", "lose_power"},
        102_000,
        id="lost lock, power loss, three workers",
        marks=pytest.mark.long,
    ),
    pytest.param({"zombie": 1, "restored": 1}, {"lose_lock", "restore"}, 40_000, id="lost lock, older database"),
]

DURABLE = "a line called durable is not in the file"
# Each with the mildest mishap that shows it; a kill may always come.
BROKEN = [
    pytest.param(Variant.NO_UNIQUE, {}, "a task has two lines", id="no unique, no head lock"),
    pytest.param(Variant.FLUSHED_FIRST, {}, DURABLE, id="L4 before L3"),
    pytest.param(Variant.NO_SYNC, {"power": 1}, DURABLE, id="no fdatasync"),
    pytest.param(Variant.APPEND, {}, DURABLE, id="append"),
    pytest.param(Variant.FROM_SIZE, {"power": 1}, DURABLE, id="start at the end of the file"),
    pytest.param(Variant.KEEP_TAIL, {"restored": 1}, "a line was written over by another", id="keep the tail"),
]


@pytest.mark.parametrize(("options", "adds", "floor"), PROTOCOL)
def test_protocol_holds(options: dict[str, int], adds: set[str], floor: int) -> None:
    verdict = check(Variant.PROTOCOL, **{"workers": 2, "tasks": 2, **options})
    explored = f"{verdict.states:,} states explored, at least {floor:,} expected"
    assert verdict.broken is None, f"{verdict.broken} after {' > '.join(verdict.trace)}; {explored}"
    assert verdict.actions == STEPS | adds, explored
    assert verdict.states >= floor, explored


@pytest.mark.parametrize(("variant", "options", "broken"), BROKEN)
def test_protocol_breaks_without_rule(variant: Variant, options: dict[str, int], broken: str) -> None:
    verdict = check(variant, workers=2, tasks=2, **options)
    assert verdict.broken == broken, f"{variant}: {verdict.states:,} states explored"
