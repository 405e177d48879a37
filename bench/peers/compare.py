"""All services in one run: all are up all the time, and take turns under load.

The speed of machines like ours varies by a third and more within minutes. So what is compared is measured within half a
minute of each other, and several times.
"""

import os
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import psutil

from bench.peers import cpu
from bench.peers.contenders import BASELINE, OTHER_QUEUES, OURS
from bench.peers.measure import Subject, started
from bench.peers.report import bars, tables, versions

PLOT = Path(__file__).with_name("promises.svg")


@dataclass(frozen=True)
class Plan:
    passes: int
    clients: Sequence[int]
    seconds: float  # of uploading, in each round
    lone_files: int  # at rest, in each pass
    lone_s: float  # at most


FULL = Plan(passes=3, clients=(1, 8, 32), seconds=4, lone_files=150, lone_s=3)
QUICK = Plan(passes=2, clients=(32,), seconds=3, lone_files=50, lone_s=2)


def compare(folder: Path, *, is_quick: bool, only: str = "") -> str:
    """Markdown. Beside the straightforward service only those whose name has `only` in it; a quick comparison, or one of some
    only, draws no bars. Raises NotKept."""
    plan = QUICK if is_quick else FULL
    chosen = [BASELINE, *(each for each in (*OURS, *OTHER_QUEUES) if only in each.name)]
    with ExitStack() as stack:
        subjects = []
        for number, contender in enumerate(chosen):
            _say(f"starting {contender.name}")
            subjects.append(stack.enter_context(started(contender, folder / str(number))))
        for subject in subjects:
            subject.warm_up()
        others = Others(subjects)
        for number in range(plan.passes):
            _say(f"pass {number + 1} of {plan.passes}")
            _once(subjects if number % 2 == 0 else subjects[::-1], plan)
        meanwhile = f"Other work took {others.share():.0%} of the machine meanwhile."
        for subject in subjects:
            subject.check()
    if not is_quick and not only:
        PLOT.write_text(bars(subjects))
    return f"{versions()}. {meanwhile}\n\n{tables(subjects)}"


class Others:
    """How much CPU went to processes that neither are measured nor measure; if it is much, do not trust the figures."""

    def __init__(self, subjects: Sequence[Subject]) -> None:
        self._subjects = subjects
        self._began_at = time.perf_counter()
        self._used = self._seconds()

    def share(self) -> float:
        return (self._seconds() - self._used) / (time.perf_counter() - self._began_at) / (os.cpu_count() or 1)

    def _seconds(self) -> float:
        ours = [process for each in self._subjects for tree in each.service.processes.values() for process in tree()]
        return cpu.machine_seconds() - cpu.seconds([*ours, psutil.Process()])


def _once(subjects: Sequence[Subject], plan: Plan) -> None:
    for clients in plan.clients:
        for subject in subjects:
            _say(f"  {clients} clients: {subject.name}")
            subject.under_load(clients, plan.seconds)
    for subject in subjects:
        _say(f"  at rest: {subject.name}")
        subject.at_rest(plan.lone_files, plan.lone_s)


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)
