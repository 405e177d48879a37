"""Work that will never end is ended, and counted against its file: each in a process of its own, for it is killed."""

import signal
import subprocess
import sys
from collections.abc import Callable

import pytest

from md5_service.worker.job import BLOCK
from md5_task_data import tasks
from md5_task_data.bucket import Bucket
from md5_task_data.database import Database
from tests.bucket import store

NewTask = Callable[..., str]

WORKER = """
import re, sys, time
from md5_service.settings import Settings
from md5_service.worker import heartbeat
from md5_service.worker.lifecycle import Lifecycle
from md5_task_data.bucket import Bucket
from md5_task_data.database import Database

heartbeat.DEAF_S = 2
url, folder, work, task_id = sys.argv[1:]
settings = Settings(
    database_url=url, broker_url="memory://", bucket_url=f"file://{folder}/bucket", log_path=f"{folder}/log",
    lease_s=1, stall_s=2,
)
database = Database(url)
kinds = {"md5": lambda job: eval(work)}
Lifecycle(settings, database, Bucket(settings.bucket_url), kinds, lambda messages: None).run([task_id])
"""
MOVES_ON = (
    "{} if [time.sleep(0.4) for _ in job.blocks()] else None"  # longer than the limits in all, but never without a sign
)


@pytest.fixture
def work_alone(
    database: Database, database_url: str, bucket: Bucket, new_task: NewTask
) -> Callable[[str], tuple[int, str]]:
    """Have a process work on a file of ten blocks; returns its exit code and the task's id."""

    def run(work: str) -> tuple[int, str]:
        content = bytes(10 * BLOCK)
        task_id = new_task(size=len(content))
        store(bucket, task_id, content)
        command = [sys.executable, "-c", WORKER, database_url, str(bucket.root.parent), work, task_id]
        return subprocess.run(command, timeout=60).returncode, task_id

    return run


WorkAlone = Callable[[str], tuple[int, str]]


def test_work_that_hangs_is_ended_with_its_process_and_says_why(work_alone: WorkAlone, database: Database) -> None:
    code, task_id = work_alone("time.sleep(600)")
    assert code == -signal.SIGKILL
    with database.reading() as db:
        row = tasks.get(db, "local", task_id)
    assert (row["status"], row["lost_leases"]) == ("queued", 1)
    assert "no progress for 2 s; loss 1 of 5" in row["history"][-1]["reason"]


def test_work_that_lets_no_other_thread_run_is_ended_by_the_kernel(work_alone: WorkAlone, database: Database) -> None:
    code, task_id = work_alone("re.match('(a+)+$', 'a' * 60 + 'b')")
    assert code == -signal.SIGALRM
    with database.reading() as db:
        assert tasks.get(db, "local", task_id)["status"] == "running"  # the sweeper finds it


def test_long_work_that_moves_on_is_left_alone(work_alone: WorkAlone, database: Database) -> None:
    code, task_id = work_alone(MOVES_ON)
    assert code == 0
    with database.reading() as db:
        row = tasks.get(db, "local", task_id)
    assert (row["outcome"], row["lost_leases"]) == ("done", 0)
