"""A volume fills up: nothing is torn, clients are told, and everything continues when there is space again."""

import hashlib
import json
import shutil
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx2
import pytest
from sqlalchemy import create_engine, make_url, text

from md5_task_data.database.engine import DRIVERS
from tests.bucket import files
from tests.client import wait_for
from tests.cluster import Cluster, running
from tests.faults.oracle import KEPT, counts, unfinished
from tests.faults.small_disk import MIB, PAGE, SmallDisk, small_disk
from tests.servers.postgres import Postgres
from tests.servers.valkey import Valkey

BEFORE = 30  # files uploaded while there was space
WORKER_WAITS = "waiting for the database: the database's disk is full"

Figure = Callable[[str], None]


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Valkey]:
    with Valkey(tmp_path / "broker") as broker:
        yield broker


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that PostgreSQL's own user can reach, unlike pytest's."""
    folder = Path(tempfile.mkdtemp(prefix="md5-test-disk-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def new_cluster(tmp_path: Path, database_url: str, broker: Valkey, **more: int) -> Cluster:
    settings = {"workers": 1, "children": 2, "sweep_s": 1, "lease_s": 2, "disk_reserve_bytes": 0}
    return Cluster(tmp_path / "cluster", database_url, broker.url, **settings, **more)


class Files:
    """Uploaded files that differ only in content, with the answers."""

    def __init__(self, cluster: Cluster) -> None:
        self.promises: dict[str, str] = {}  # id → MD5
        self._cluster = cluster
        self._made = 0

    def give(self, size: int = 100) -> httpx2.Response:
        self._made += 1
        content = b"%08d" % self._made + bytes(size - 8)
        with self._cluster.client() as client:
            answer = client.post("/v1/tasks", content=content)
        if answer.status_code == 202:
            self.promises[answer.json()["id"]] = hashlib.md5(content).hexdigest()
        return answer

    def give_many(self, number: int) -> None:
        assert [self.give().status_code for _ in range(number)] == [202] * number

    def are_rows(self) -> bool:
        """Whether the rows are exactly the promised ones."""
        return self._ids("SELECT id FROM tasks") == self.promises.keys()

    def are_stored(self) -> bool:
        """Whether the bytes in bucket and database are exactly the promised ones."""
        bucket = self._cluster.folder / "bucket"
        in_bucket = {path.name for path in files(bucket) if path.name != "filler"}
        return in_bucket | self._ids("SELECT task_id FROM contents") == self.promises.keys()

    def _ids(self, query: str) -> set[str]:
        url = make_url(self._cluster.database_url)
        engine = create_engine(url.set(drivername=DRIVERS.get(url.drivername, url.drivername)))
        with engine.connect() as db:
            ids = {str(uuid.UUID(str(task_id))) for task_id in db.execute(text(query)).scalars()}
        engine.dispose()
        return ids


def is_told(answer: httpx2.Response) -> bool:
    """Whether the answer says that there is no space."""
    is_problem = answer.headers["content-type"] == "application/problem+json"
    return answer.status_code == 507 and is_problem and answer.json()["code"] == "storage_full"


def drained(cluster: Cluster) -> float:
    """Seconds until no task is unfinished, up to the limit."""
    began = time.monotonic()
    wait_for(lambda: unfinished(cluster.database_url) == 0, "every promise to be kept")
    return time.monotonic() - began


def test_disk_full_under_the_log(tmp_path: Path, postgres: Postgres, broker: Valkey, figure: Figure) -> None:
    cluster = new_cluster(tmp_path, postgres.new_database(), broker)
    with small_disk(cluster.log_path.parent, MIB) as disk, running(cluster):
        files = Files(cluster)
        files.give_many(BEFORE)
        drained(cluster)
        before = cluster.log_path.read_bytes()
        disk.fill()
        files.give_many(BEFORE)
        later = list(files.promises)[BEFORE:]
        wait_for(lambda: all(cluster.task(task_id)["outcome"] for task_id in later), "the results")
        wait_for(lambda: "cannot be written: No space left" in cluster.stderr(), "a try to write the log")
        seen = [cluster.task(task_id) for task_id in later]  # before the file
        torn = cluster.log_path.read_bytes()
        assert torn.startswith(before)
        assert len(torn) > len(before)
        assert not torn.endswith(b"\n"), "the disk was to end in the middle of a line"
        logged = {json.loads(line)["id"] for line in torn.splitlines()[:-1]}
        assert {task["id"] for task in seen if task["status"] == "done"} <= logged
        waiting = [task for task in seen if task["status"] == "computed"]
        assert len(waiting) > BEFORE / 2
        assert [task["result"]["md5"] for task in seen] == [files.promises[task_id] for task_id in later]
        disk.empty()
        drained_s = drained(cluster)
        found = counts(cluster.database_url, cluster.log_path, files.promises)
    figure(f"{len(waiting)} results without a line, one line torn; drained in {drained_s:.1f} s; {found}")
    assert found == KEPT


def test_disk_full_under_the_bucket(tmp_path: Path, postgres: Postgres, broker: Valkey, figure: Figure) -> None:
    cluster = new_cluster(tmp_path, postgres.new_database(), broker, small_file_bytes=0)
    cluster.members["worker-0"].is_wanted = False
    with small_disk(cluster.folder / "bucket", 4 * MIB) as disk, running(cluster):
        files = Files(cluster)
        files.give_many(BEFORE)
        disk.fill(but=MIB)
        sizes = (MIB + PAGE, 2 * MIB, 64 * MIB)
        assert [is_told(files.give(size)) for size in sizes] == [True] * len(sizes)
        assert files.give(MIB // 2).status_code == 202, "it fits"
        disk.fill()
        assert is_told(files.give())
        assert files.are_rows()
        assert files.are_stored()
        cluster.again("worker-0")
        kept_s = drained(cluster)
        disk.empty()
        assert files.give(2 * MIB).status_code == 202
        drained_s = drained(cluster)
        assert files.are_stored()
        found = counts(cluster.database_url, cluster.log_path, files.promises)
    figure(
        f"{len(sizes) + 1} told 507; {BEFORE + 1} promises kept in {kept_s:.1f} s while it was full; "
        f"drained in {drained_s:.1f} s; {found}"
    )
    assert found == KEPT


def test_disk_full_under_postgresql(tmp_path: Path, open_folder: Path, broker: Valkey, figure: Figure) -> None:
    with small_disk(open_folder / "disk", 64 * MIB) as disk:
        wal = open_folder / "wal"
        wal.mkdir()
        shutil.chown(wal, "postgres", "postgres")
        with Postgres(tmp_path, data=disk.folder / "data", initdb_options=[f"--waldir={wal}"]) as server:
            database_is_full(tmp_path, server.new_database(), broker, disk, figure)


def test_disk_full_under_sqlite(tmp_path: Path, broker: Valkey, figure: Figure) -> None:
    with small_disk(tmp_path / "disk", 4 * MIB) as disk:
        database_is_full(tmp_path, f"sqlite:///{disk.folder}/md5.sqlite3", broker, disk, figure)


def database_is_full(tmp_path: Path, url: str, broker: Valkey, disk: SmallDisk, figure: Figure) -> None:
    cluster = new_cluster(tmp_path, url, broker)
    cluster.members["worker-0"].is_wanted = False
    with running(cluster):
        files = Files(cluster)
        files.give_many(BEFORE)
        disk.fill()
        answers = [files.give()]
        while not is_told(answers[-1]) and len(answers) < 300:  # until the database's preallocated space is used up
            answers.append(files.give())
        cluster.again("worker-0")
        answers += [files.give() for _ in range(BEFORE)]
        told = sum(map(is_told, answers))
        statuses = [answer.status_code for answer in answers]
        assert set(statuses) <= {202, 507}
        wait_for(lambda: WORKER_WAITS in cluster.stderr(), "a worker to find it full")
        assert files.are_rows()
        assert files.are_stored()
        disk.empty()
        drained_s = drained(cluster)
        files.give_many(1)
        drained(cluster)
        found = counts(url, cluster.log_path, files.promises)
    figure(f"{told} of {len(answers)} told 507; drained in {drained_s:.1f} s; {found}")
    assert told
    assert found == KEPT
