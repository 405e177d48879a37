"""How a service performs with a number of clients: tasks finished per second, what each costs, and how long it takes."""

import contextlib
import itertools
import statistics
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench.peers import cpu
from bench.peers.contenders import Contender, Running
from bench.peers.load import digest, hand_over, upload_to_done

WARM_UP_S = 1.0
WARM_UP_CLIENTS = 8
KEPT_WITHIN_S = 120
POLL_S = 0.02


@dataclass(frozen=True)
class Round:
    """Some seconds of uploads by a number of clients, all of which were processed."""

    promises: int
    handing_s: float  # until the last id was returned
    seconds: float  # from the first byte of the first file until all were done and had their lines
    log_behind_s: float  # from the last row to the last line
    took_s: Sequence[float]  # each POST
    cpu_us: Mapping[str, float]  # per task, of each part of the service and of the clients

    @property
    def rate(self) -> float:
        return self.promises / self.seconds


class NotKept(Exception):
    """A task was lost, wrong or late, so there is nothing to measure."""


@dataclass
class Subject:
    """A running service, and its measurements so far."""

    name: str
    service: Running
    rounds: dict[int, list[Round]] = field(default_factory=dict)  # by number of clients
    lone_s: list[float] = field(default_factory=list)  # upload → done, at rest
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    _handed: list[int] = field(default_factory=list)

    def warm_up(self) -> None:
        self._round(WARM_UP_CLIENTS, WARM_UP_S)

    def under_load(self, clients: int, seconds: float) -> None:
        """Raises NotKept."""
        self.rounds.setdefault(clients, []).append(self._round(clients, seconds))

    def at_rest(self, most: int, seconds: float) -> None:
        """One file after the other, each until it is done. Raises NotKept."""
        service = self.service
        lone = upload_to_done(service.port, service.request, self._numbers, most=most, seconds=seconds)
        self._handed += lone.numbers
        self.lone_s += lone.took_s
        self._until_kept()

    def check(self) -> None:
        """Check that every uploaded file has its digest. Raises NotKept."""
        if self.service.digests() != {digest(number) for number in self._handed}:
            raise NotKept(f"{self.name}: wrong digests")

    def _round(self, clients: int, seconds: float) -> Round:
        service = self.service
        used = {part: -cpu.seconds(processes()) for part, processes in service.processes.items()}
        handed = hand_over(service.port, service.request, self._numbers, clients=clients, seconds=seconds)
        self._handed += handed.numbers
        rows_at, lines_at = self._until_kept()
        for part, processes in service.processes.items():
            used[part] += cpu.seconds(processes())
        used["clients"] = handed.cpu_s
        promises = len(handed.numbers)
        return Round(
            promises=promises,
            handing_s=handed.ended_at - handed.began_at,
            seconds=max(rows_at, lines_at) - handed.began_at,
            log_behind_s=max(0.0, lines_at - rows_at),
            took_s=handed.took_s,
            cpu_us={part: each / promises * 1e6 for part, each in used.items()},
        )

    def _until_kept(self) -> tuple[float, float]:
        """When all rows were done, and when all lines were written, checked every 20 ms."""
        count, service = len(self._handed), self.service
        deadline = time.perf_counter() + KEPT_WITHIN_S
        rows_at = lines_at = None
        while rows_at is None or lines_at is None:
            if rows_at is None and service.done() >= count:
                rows_at = time.perf_counter()
            if lines_at is None and service.lines() >= count:
                lines_at = time.perf_counter()
            if time.perf_counter() > deadline:
                words = f"{service.done()} done and {service.lines()} lines, of {count}, in {KEPT_WITHIN_S} s"
                raise NotKept(f"{self.name}: {words}")
            time.sleep(POLL_S)
        return rows_at, lines_at


@contextlib.contextmanager
def started(contender: Contender, folder: Path) -> Iterator[Subject]:
    with contender.start(folder) as service:
        yield Subject(contender.name, service)


def percentile(times: Sequence[float], percent: int) -> float:
    return statistics.quantiles(times, n=100, method="inclusive")[percent - 1]
