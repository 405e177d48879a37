"""Files that kill, hang or exhaust their workers fail with a reason, and no other file suffers."""

import hashlib
import random
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from md5_service.worker.heartbeat import DEAF_S
from md5_task_data.queue.hints import MOST_TOGETHER, SMALL
from md5_task_data.queue.leases import NOT_COUNTED
from tests.checkout import copied
from tests.client import wait_for
from tests.cluster import Cluster, running
from tests.faults import poison
from tests.faults.oracle import KEPT, counts, unfinished
from tests.servers.postgres import Postgres
from tests.servers.valkey import Valkey

SEED = 20261122
DEADLY = ("kill", "abort", "hang", "deaf")  # each attempt costs a process
POISONS = (*DEADLY, "memory", "crumbs")
FILES = {"short": 200, "long": 500}
WORKERS, CHILDREN = 2, 2
LEASE_S, STALL_S, TRIES = 2, 3, 2
MEMORY = 160 << 20  # bytes; half of it is in use before the first file
GONE_S = LEASE_S + DEAF_S + 3
UNTROUBLED = ["queued", "running", "computed", "done"]


def why(sort: str) -> tuple[str, str]:
    """Code and detail of the error of such a file."""
    if sort in ("memory", "crumbs"):
        return (
            "out_of_memory",
            f"Processing this file needs more than the {MEMORY} bytes of memory that a worker may use.",
        )
    last = (
        f"it made no progress for {STALL_S} s"
        if sort == "hang"
        else f"the worker died or sent no heartbeat for {LEASE_S} s"
    )
    return "worker_lost", f"The task was given up after {TRIES} attempts that did not finish. The last time, {last}."


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A copy of the repository with one more kind."""
    folder = copied(tmp_path / "house")
    shutil.copy(poison.__file__, folder / "md5_service" / "worker" / "kinds" / "poison.py")
    registry = folder / "md5_task_data" / "registry.py"
    text = registry.read_text().replace("import Kind\n", "import Kind, Parameters, Result\n")
    before, after = text.split("phones.KIND)")
    registry.write_text(f'{before}phones.KIND, Kind("poison", Parameters, Result)){after}')
    return folder


@pytest.fixture
def poisoned(tmp_path: Path) -> Path:
    """The folder in which each process that takes a poison records that first."""
    path = tmp_path / "poisoned"
    path.touch()
    return path


@pytest.fixture
def cluster(house: Path, poisoned: Path, postgres: Postgres, tmp_path: Path) -> Iterator[Cluster]:
    with Valkey(tmp_path / "broker") as broker:
        cluster = Cluster(
            tmp_path / "cluster",
            postgres.new_database(),
            broker.url,
            workers=WORKERS,
            children=CHILDREN,
            lease_s=LEASE_S,
            sweep_s=1,
            stall_s=STALL_S,
            max_attempts=TRIES,
            worker_memory_bytes=MEMORY,
        )
        cluster.environment |= {"PYTHONPATH": str(house), "POISONED": str(poisoned)}
        with running(cluster):
            yield cluster


@pytest.mark.shows("an error is a problem document with a stable code; a failed task's too")
def test_poison(cluster: Cluster, poisoned: Path, is_long: bool, figure: Callable[[str], None]) -> None:
    files, times = FILES["long" if is_long else "short"], 2 if is_long else 1
    poisons = DEADLY * times + POISONS[len(DEADLY) :]
    contents = [f"file {number}".encode() for number in range(files)]
    places = random.Random(SEED).sample(range(files), len(poisons))
    for place, sort in zip(places, poisons, strict=True):
        contents[place] = sort.encode()
    began = time.monotonic()
    with cluster.client() as client:
        answers = [client.post("/v1/tasks", params={"kind": "poison"}, content=content) for content in contents]
    given = {answer.json()["id"]: content for answer, content in zip(answers, contents, strict=True)}
    handed_over_s = time.monotonic() - began
    wait_for(lambda: unfinished(cluster.database_url) == 0, "every file to end")
    ended_s = time.monotonic() - began

    ended = all_tasks(cluster)
    bad = {task_id: content.decode() for task_id, content in given.items() if content.decode() in POISONS}
    failed = {task_id: task for task_id, task in ended.items() if task["status"] == "failed"}
    assert {task_id: (task["error"]["code"], task["error"]["detail"]) for task_id, task in failed.items()} == {
        task_id: why(sort) for task_id, sort in bad.items()
    }
    good = {task_id: hashlib.md5(content).hexdigest() for task_id, content in given.items() if task_id not in bad}
    assert {task_id: ended[task_id]["result"]["md5"] for task_id in good} == good
    troubled = [ended[task_id] for task_id in good if steps(ended[task_id]) != UNTROUBLED]
    for task in troubled:  # it shared a message with a poison once, and then was alone
        assert (steps(task), task["attempt"]) == (["queued", "running", *UNTROUBLED], 2)
        assert task["history"][2]["reason"].endswith(NOT_COUNTED)
    assert len(troubled) <= MOST_TOGETHER * len(poisons)

    # Of the processes that took a poison, those that it kills are gone, even the unresponsive ones; the others keep working.
    takers = [(sort, int(pid)) for sort, pid in map(str.split, poisoned.read_text().splitlines())]
    taken = Counter(sort for sort, _ in takers)
    assert (taken["memory"], taken["crumbs"]) == (1, 1)
    most = times * (TRIES + 1)  # one more if it was not alone at first
    assert all(times * TRIES <= taken[sort] <= most for sort in DEADLY)
    wait_for(
        lambda: not any(psutil.pid_exists(pid) for sort, pid in takers if sort in DEADLY),
        "the last rites",
        within_s=GONE_S,
    )
    gone_s = time.monotonic() - began
    at_work = answering(cluster, good)
    for number, (sort, pid) in enumerate(takers):
        assert sort in DEADLY or pid in at_work | {later for _, later in takers[number + 1 :]}, f"{sort} ended {pid}"
    cluster.stop()
    found = counts(cluster.database_url, cluster.log_path, good)
    figure(
        f"{files} files, {len(bad)} of them poison: handed over in {handed_over_s:.1f} s, ended after {ended_s:.1f} s, "
        f"the last deaf process gone after {gone_s:.1f} s; {len(failed)} failed, {len(troubled)} neighbours tried twice; {found}"
    )
    assert len(cluster.log_lines()) == files + len(at_work)
    assert found == KEPT


def all_tasks(cluster: Cluster) -> dict[str, dict[str, Any]]:
    with cluster.client() as client:
        items = client.get("/v1/tasks", params={"limit": 1000}).json()["items"]
    return {task["id"]: task for task in items}


def steps(task: dict[str, Any]) -> list[str]:
    return [event["status"] for event in task["history"]]


def answering(cluster: Cluster, promises: dict[str, str]) -> set[int]:
    """Every child of every worker gets new work at the same time and does it; returns the processes."""
    slow = [f"slow {number}".encode().ljust(SMALL + 1) for number in range(WORKERS * CHILDREN)]  # each travels alone
    ids = [cluster.hand_over(content, kind="poison") for content in slow]
    promises |= {task_id: hashlib.md5(content).hexdigest() for task_id, content in zip(ids, slow, strict=True)}
    pids = {int(cluster.ended(task_id)["result"]["pid"]) for task_id in ids}
    workers = [member for name, member in cluster.members.items() if name.startswith("worker")]
    assert pids == {child.pid for member in workers for child in member.tree()[1:]}
    return pids
