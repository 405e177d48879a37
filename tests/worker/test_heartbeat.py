"""Work that would never finish is ended, and counted against its file. Each case runs in a process of its own, because it
is killed."""

import ctypes
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from md5_service.settings import Settings
from md5_service.worker import heartbeat
from md5_service.worker.job import BLOCK, Job
from md5_service.worker.lifecycle import Lifecycle
from md5_service.worker.verbs import Verbs
from md5_task_data import tasks
from md5_task_data.bucket.folder import Bucket
from md5_task_data.database.engine import Database
from tests import forked
from tests.bucket import store
from tests.client import IN_TIME_S
from tests.databases import new_sqlite
from tests.results import Found

NewTask = Callable[..., str]
WorkAlone = Callable[..., tuple[int, str]]
BLOCKS = 10
LEASE_S = 1


def hangs(_: Job) -> None:
    time.sleep(600)


def lets_nobody_else_run(_: Job) -> None:
    ctypes.PyDLL(None).sleep(600)


def moves_on(job: Job) -> Found:
    """Takes longer than the limits in total, but never long without progress."""
    for _ in job.blocks():
        time.sleep(0.6)
    return Found()


def main(folder: str, task_id: str, work: str, limit_s: str) -> None:
    """A worker with one thing to do, in a process of its own."""
    heartbeat.DEAF_S = int(limit_s) - LEASE_S
    url = f"sqlite:///{folder}/md5.sqlite3"
    bucket = Bucket(f"file://{folder}/bucket")
    settings = Settings(
        database_url=url,
        broker_url="memory://",
        bucket_url=f"file://{folder}/bucket",
        log_path=Path(folder) / "log",
        lease_s=LEASE_S,
        stall_s=int(limit_s),
    )
    Lifecycle(settings, Database(url), bucket, {"md5": Verbs(globals()[work])}, lambda messages: None).run([task_id])


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    return new_sqlite(tmp_path / "md5.sqlite3")


@pytest.fixture
def work_alone(tmp_path: Path, bucket: Bucket, new_task: NewTask) -> WorkAlone:
    """Let a process work on a file of ten blocks; returns its exit code and the task's id."""

    def run(work: Callable[[Job], object], limit_s: int = 2) -> tuple[int, str]:
        content = bytes(BLOCKS * BLOCK)
        task_id = new_task(size=len(content))
        store(bucket, task_id, content)
        return forked.call(__name__, str(tmp_path), task_id, work.__name__, str(limit_s)).wait(IN_TIME_S), task_id

    return run


def test_work_that_hangs_is_ended_with_its_process_and_says_why(work_alone: WorkAlone, database: Database) -> None:
    code, task_id = work_alone(hangs)
    assert code == -signal.SIGKILL
    with database.reading() as db:
        row = tasks.get(db, "local", task_id)
    assert (row["status"], row["lost_leases"]) == ("queued", 1)
    assert "no progress for 2 s; loss 1 of 5" in row["history"][-1]["reason"]


def test_work_that_lets_no_other_thread_run_is_ended_by_the_kernel(work_alone: WorkAlone, database: Database) -> None:
    code, task_id = work_alone(lets_nobody_else_run)
    assert code == -signal.SIGALRM
    with database.reading() as db:
        assert tasks.get(db, "local", task_id)["status"] == "running"  # the sweeper finds it


def test_long_work_that_moves_on_is_left_alone(work_alone: WorkAlone, database: Database) -> None:
    code, task_id = work_alone(moves_on, limit_s=5)  # long enough that a busy machine is not taken for stalled work
    assert code == 0
    with database.reading() as db:
        row = tasks.get(db, "local", task_id)
    assert (row["outcome"], row["lost_leases"]) == ("done", 0)
