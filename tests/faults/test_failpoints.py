"""At every step of every promise, a process crashes, fails or sleeps; the only effect is a small delay.

The short form arms all failpoints at once, the long form one after the other.
"""

import contextlib
import hashlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx2
import pytest

from md5_task_data import failpoints
from md5_task_data.failpoints import CRASH, ERROR, NAMES, PAUSE
from tests.client import IN_TIME_S, TLS, wait_for
from tests.cluster import Cluster
from tests.faults.conftest import StartCluster
from tests.faults.oracle import KEPT, counts, unfinished
from tests.servers.postgres import Postgres
from tests.servers.valkey import Valkey

LEASE_S = 1
PAUSE_S = 2  # longer than the lease, so that the sleeper has been replaced
PART_BYTES = 1 << 10
ROWS = "no address\n" + "".join(f"user{number % 70}@x.org,{number}\n" for number in range(140))
LONG_WORK = 500 << 20  # bytes: takes longer than the time to the first beat


class Provoker:
    """Makes processes pass failpoints, and records the promises."""

    def __init__(self, cluster: Cluster, folder: Path) -> None:
        self.journal: dict[str, str | None] = {}  # None: of contacts, which have no MD5
        self._cluster = cluster
        self._folder = folder

    def arm(self, name: str, action: str) -> None:
        unseen = self._folder / f".{name}"
        unseen.write_text(action)
        unseen.rename(self._folder / name)

    def is_armed(self, name: str) -> bool:
        return (self._folder / name).exists()

    def provoke(self, name: str) -> None:
        step = name.partition(".")[0]
        if step == "fail":
            with self._in_the_middle_of_work() as task_id:
                (self._cluster.folder / "bucket" / task_id[-2:] / task_id).unlink(missing_ok=True)
                del self.journal[task_id]  # it fails, because its bytes are gone
        elif step == "put_back":
            bucket, away = self._cluster.folder / "bucket", self._cluster.folder / "bucket-away"
            with self._in_the_middle_of_work():
                bucket.rename(away)
            self._wait_until_reached(name)
            away.rename(bucket)
        elif step in ("cut", "step", "end_part"):
            if (file_id := self._hand_over(ROWS.encode(), kind="contacts")) is not None:
                self.journal[file_id] = None
                self._wait_until_reached(name)
        else:
            self._hand_over(bytes(LONG_WORK) if step == "beat" else name.encode())

    @contextlib.contextmanager
    def _in_the_middle_of_work(self) -> Iterator[str]:
        """A task that a worker has just claimed, and has not begun to read."""
        self.arm("claim.committed", f"{PAUSE} 0.7")
        task_id = None
        while task_id is None:
            task_id = self._hand_over(bytes(20_000))  # in the bucket
        self._wait_until_reached("claim.committed")
        yield task_id

    def _wait_until_reached(self, name: str) -> None:
        deadline = time.monotonic() + 5  # otherwise another process was hit, and the caller retries
        while self.is_armed(name) and time.monotonic() < deadline:
            time.sleep(0.02)

    def _hand_over(self, content: bytes, **query: str) -> str | None:
        try:
            answer = httpx2.post(f"{self._cluster.url}/v1/tasks", params=query, content=content, timeout=10, verify=TLS)
        except httpx2.TransportError:
            time.sleep(0.1)
            return None
        if answer.status_code != 202:
            return None
        task_id = str(answer.json()["id"])
        self.journal[task_id] = hashlib.md5(content).hexdigest()
        return task_id


@pytest.mark.timeout(1800)
@pytest.mark.parametrize(
    "action", [CRASH, *(pytest.param(action, marks=pytest.mark.long) for action in (ERROR, f"{PAUSE} {PAUSE_S}"))]
)
def test_every_failpoint(
    action: str,
    postgres: Postgres,
    valkey: Valkey,
    start_cluster: StartCluster,
    tmp_path: Path,
    is_long: bool,
    figure: Callable[[str], None],
) -> None:
    folder = tmp_path / "failpoints"
    folder.mkdir()
    url = postgres.new_database()
    cluster = start_cluster(
        url,
        valkey.url,
        lease_s=LEASE_S,
        sweep_s=0.5,
        max_attempts=100,
        keep_uploads_s=1,
        part_bytes=PART_BYTES,
        failpoints=folder,
        log_level="error",
    )
    provoker = Provoker(cluster, folder)
    slowest_s = 0.0
    for names in [[name] for name in NAMES] if is_long else [list(NAMES)]:
        for name in names:
            provoker.arm(name, action)
        deadline = time.monotonic() + IN_TIME_S
        while left := [name for name in names if provoker.is_armed(name)]:
            assert time.monotonic() < deadline, f"nobody came by {left}"
            for name in left:
                provoker.provoke(name)
        reached_at = time.monotonic()
        wait_for(lambda: unfinished(url) == 0, "all promises to be kept")
        slowest_s = max(slowest_s, time.monotonic() - reached_at)
    with cluster.client() as client:
        listed = len(client.get("/v1/contacts", params={"limit": 1000}).json()["items"])
    counted = [_counts(cluster, task_id) for task_id, digest in provoker.journal.items() if digest is None]
    cluster.stop()
    reached = {path.name.removesuffix(".reached") for path in folder.glob("*.reached")}
    found = counts(url, cluster.log_path, provoker.journal)
    figure(
        f"{len(reached)} reached, {len(provoker.journal)} promises; settled {slowest_s:.1f} s later at most; {found}"
    )
    assert reached == set(NAMES)
    assert len(provoker.journal) >= 5
    assert found == KEPT
    assert counted
    assert all((rows, inserted + duplicate, invalid) == (141, 140, 1) for rows, inserted, duplicate, invalid in counted)
    # A file that the client never heard about may have brought some of them.
    assert sum(inserted for _, inserted, _, _ in counted) <= listed == 70


def _counts(cluster: Cluster, task_id: str) -> tuple[int, int, int, int]:
    result = cluster.task(task_id)["result"]
    return result["rows"], result["inserted"], result["duplicate"], result["invalid"]


def test_a_failpoint_that_is_off_looks_at_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "work.done").write_text(CRASH)
    failpoints.arm(None)
    failpoints.reach("work.done")
    assert [path.name for path in tmp_path.iterdir()] == ["work.done"]


def test_a_failpoint_is_reached_once(tmp_path: Path) -> None:
    failpoints.arm(tmp_path)
    try:
        (tmp_path / "work.done").write_text(ERROR)
        with pytest.raises(OSError, match=r"failpoint work\.done"):
            failpoints.reach("work.done")
        failpoints.reach("work.done")
        assert [path.name for path in tmp_path.iterdir()] == ["work.done.reached"]
    finally:
        failpoints.arm(None)
