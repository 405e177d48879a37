"""The lease is extended while work goes on; when the task is cancelled, the work stops and stores nothing more."""

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import Connection

from md5_service.worker.job import BLOCK, Job, Rows
from md5_task_data import tasks
from md5_task_data.bucket.folder import Bucket
from md5_task_data.database.engine import Database
from md5_task_data.queue import sweep
from tests.bucket import store
from tests.client import IN_TIME_S
from tests.results import Found
from tests.worker.attempts import lifecycle, row
from tests.worker.conftest import NewTask


def test_the_heartbeat_keeps_the_lease_of_long_work_and_shows_its_progress(
    database: Database, bucket: Bucket, new_task: NewTask
) -> None:
    content = bytes(3 * BLOCK)
    task_id = new_task(size=len(content))
    store(bucket, task_id, content)
    seen: list[dict[str, Any]] = []

    def work(job: Job) -> Found:
        for _ in job.blocks():
            time.sleep(1.4)  # three blocks: longer than the lease, which a busy machine may hold up for two seconds
            seen.append(row(database, task_id))
        with database.transaction() as db:
            assert sweep.sweep(db, after="", publish_all=False, lease_s=3, max_attempts=5).requeued == 0
        return Found()

    lifecycle(database, bucket, work, lease_s=3).run([task_id])
    assert row(database, task_id)["outcome"] == "done"
    assert seen[0]["due_at"] < seen[1]["due_at"] < seen[2]["due_at"]
    assert seen[2]["progress"] == 2 * BLOCK


def test_a_cancel_stops_the_work_between_two_blocks(database: Database, bucket: Bucket, new_task: NewTask) -> None:
    content = bytes(20 * BLOCK)
    task_id = new_task(size=len(content))
    store(bucket, task_id, content)
    started = threading.Event()
    blocks = 0

    def work(job: Job) -> Found:
        nonlocal blocks
        for _ in job.blocks():
            blocks += 1
            started.set()
            time.sleep(0.3)
        return Found()

    thread = threading.Thread(target=lifecycle(database, bucket, work, lease_s=1).run, args=([task_id],))
    thread.start()
    started.wait()
    with database.transaction() as db:
        tasks.cancel(db, "local", task_id)
    thread.join(IN_TIME_S)
    assert blocks < 15  # of 20; it looks every third of a second
    assert row(database, task_id)["outcome"] == "cancelled"


def test_rows_are_stored_under_the_lease_and_not_after_it(
    database: Database, bucket: Bucket, new_task: NewTask
) -> None:
    """If it is cancelled between two steps, the second one is not taken."""
    stored: list[int] = []

    def steps() -> Iterator[Callable[[Connection], None]]:
        yield lambda db: stored.append(1)
        yield lambda db: stored.append(2)
        with database.transaction() as db:
            tasks.cancel(db, "local", task_id)
        yield lambda db: stored.append(3)

    task_id = new_task()
    rows = Rows(steps=steps(), finish=lambda db: Found(never="come by"))
    lifecycle(database, bucket, lambda job: rows).run([task_id])
    assert stored == [1, 2]
    assert (row(database, task_id)["outcome"], row(database, task_id)["result"]) == ("cancelled", None)
