"""Hosts whose clocks are an hour off, either way: nothing waits for an hour, and reported times are right."""

import hashlib
import re
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path

import psutil
import pytest

from tests.client import ENDS, held_by_a_stranger, wait_for
from tests.cluster import Cluster, running
from tests.faults.oracle import KEPT, counts
from tests.servers import needed
from tests.servers.postgres import Postgres
from tests.servers.rabbitmq import RabbitMq
from tests.servers.valkey import Valkey

LEASE_S = 2
STALLED_S = 60
HELD_S = 3  # seconds that a stranger holds the log's lock
FLOW_S = 1
TOGETHER = 5
AHEAD, BEHIND = "+1h", "-1h"

TRUE = time.time() - time.monotonic()

Clock = Callable[[str], Mapping[str, str]]

# libfaketime 0.9.10 breaks Python's sleep if the monotonic clock is left alone.
SLEEP = """
import select, time
time.sleep = lambda seconds: select.select((), (), (), seconds) and None
"""


class Flow:
    """Files uploaded one after the other, and when the client saw each of them finish, by a correct clock."""

    def __init__(self, cluster: Cluster) -> None:
        self.promises: dict[str, str] = {}  # id → MD5
        self.given: dict[str, float] = {}
        self.ended: dict[str, float] = {}
        self.off_s = 0.0  # the largest error of a reported time
        self._cluster = cluster

    def go_on(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            for _ in range(TOGETHER):
                content = f"file {len(self.promises)}".encode()
                task_id = self._cluster.hand_over(content)
                self.promises[task_id] = hashlib.md5(content).hexdigest()
                self.given[task_id] = time.monotonic()
            self.look()

    def look(self) -> bool:
        """Check what has finished, and its times; returns whether everything has."""
        with self._cluster.client() as client:
            page = client.get("/v1/tasks", params={"limit": 1000}).json()["items"]
        for task in page:
            if task["status"] in ENDS and task["id"] not in self.ended:
                self.ended[task["id"]] = time.monotonic()
                told = [datetime.fromisoformat(task[name]).timestamp() for name in ("created_at", "finished_at")]
                true = [self.given[task["id"]], time.monotonic()]
                offs = [abs(one - other - TRUE) for one, other in zip(told, true, strict=True)]
                self.off_s = max(self.off_s, *offs)
        return self.ended.keys() == self.promises.keys()

    def longest_s(self) -> float:
        return max(self.ended[task_id] - given for task_id, given in self.given.items())


@pytest.fixture
def clock(tmp_path: Path) -> Iterator[Clock]:
    """The environment of a process whose clock is this far off."""
    [library] = needed("wrong clocks", "libfaketime", "/usr/lib/*/faketime/libfaketime.so.1")
    (tmp_path / "sitecustomize.py").write_text(SLEEP)
    yield lambda off: {
        "LD_PRELOAD": library,
        "FAKETIME": off,
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "NO_FAKE_STAT": "1",
        "PYTHONPATH": str(tmp_path),
    }
    for left in Path("/dev/shm").glob("*faketime_*"):  # left by killed processes
        if not psutil.pid_exists(int(left.name.rpartition("_")[2])):
            left.unlink(missing_ok=True)


@pytest.mark.long
def test_clocks_an_hour_off(
    clock: Clock,
    postgres: Postgres,
    broker_server: Valkey | RabbitMq,
    tmp_path: Path,
    figure: Callable[[str], None],
) -> None:
    failpoints = tmp_path / "failpoints"
    failpoints.mkdir()
    cluster = Cluster(
        tmp_path / "cluster",
        postgres.new_database(),
        broker_server.url,
        lease_s=LEASE_S,
        sweep_s=1,
        log_level="info",
        failpoints=failpoints,
    )
    offs = {"api-0": AHEAD, "worker-0": AHEAD, "worker-1": BEHIND, "upkeep": BEHIND, "beat": BEHIND}
    for name, off in offs.items():
        cluster.members[name].environment = clock(off)
    with running(cluster):
        flow = Flow(cluster)
        held = trouble(cluster, flow, failpoints, must_hold=True)
        upkeep = cluster.members["upkeep"]
        upkeep.environment = clock(AHEAD)
        for process in upkeep.tree():
            process.kill()
        trouble(cluster, flow, failpoints, must_hold=False)
        found = counts(cluster.database_url, cluster.log_path, flow.promises)
    figure(
        f"{len(flow.promises)} files, the slowest {flow.longest_s():.1f} s; upkeep, behind, held {held} messages for later; "
        f"no time further off than {flow.off_s:.1f} s; {found}"
    )
    assert held
    assert flow.longest_s() < STALLED_S
    assert flow.off_s < STALLED_S
    assert found == KEPT


def trouble(cluster: Cluster, flow: Flow, failpoints: Path, *, must_hold: bool) -> int:
    """Files arrive while a worker is killed during its work, and while nobody can write the log, until all have finished.
    Returns how many messages upkeep then holds for hours, because its clock is behind that of some senders."""
    flow.go_on(FLOW_S)
    (failpoints / "armed").write_text("crash")
    (failpoints / "armed").rename(failpoints / "work.done")
    with held_by_a_stranger(cluster.log_path):
        flow.go_on(HELD_S / 2)
        deadline = time.monotonic() + STALLED_S
        while True:
            before = waiting_for_their_time(cluster)
            flow.go_on(HELD_S / 2)  # longer than the second that each was to wait
            if before & waiting_for_their_time(cluster) or not must_hold:
                break
            assert time.monotonic() < deadline, "no worker whose clock is ahead asked for the log to be written"
    wait_for(flow.look, "every promise to be kept", within_s=STALLED_S)
    (failpoints / "work.done.reached").unlink()
    return len(before & waiting_for_their_time(cluster))


def waiting_for_their_time(cluster: Cluster) -> set[str]:
    """Messages that were received but not acted upon."""
    received = set(re.findall(r"Task upkeep\.flush_log\[(\S+)\] received", cluster.stderr()))
    acted_on = set(re.findall(r"Task upkeep\.flush_log\[(\S+)\] (?:succeeded|retry|raised)", cluster.stderr()))
    return received - acted_on
