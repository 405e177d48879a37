"""After a worker has done what a message named, a waiting neighbour gets a turn."""

from md5_service.worker.job import Job
from md5_service.worker.kinds import md5
from md5_task_data.bucket.folder import Bucket
from md5_task_data.database.engine import Database
from md5_task_data.queue.hints import LARGE, WORK
from tests.bucket import store
from tests.data.steps import later
from tests.results import Found
from tests.worker.attempts import lifecycle
from tests.worker.conftest import NewTask


def test_after_files_that_had_to_wait_a_neighbour_has_its_turn(
    database: Database, bucket: Bucket, new_task: NewTask
) -> None:
    """But not after files that did not wait: a service that keeps up has no turns to give."""
    ids = {owner: [store(bucket, new_task(owner=owner), b"abc") for _ in range(2)] for owner in ("ann", "bob")}
    worker = lifecycle(database, bucket, md5.work)
    later(database, -3600)  # so that a busy machine is quick enough
    assert worker.run(ids["ann"][:1], WORK) == 1
    later(database, 3660)
    assert worker.run(ids["ann"][1:], WORK) == 3
    assert worker.run(ids["bob"], WORK) == 0


def test_a_message_of_large_is_a_turn_for_whoever_waits(database: Database, bucket: Bucket, new_task: NewTask) -> None:
    ids = [store(bucket, new_task(owner=owner, kind="contacts", size=0), b"") for owner in ("ann", "ann", "bob")]
    done: list[str] = []

    def work(job: Job) -> Found:
        done.append(job.owner)
        return Found()

    worker = lifecycle(database, bucket, work, kind="contacts")
    for task_id in ids:
        assert worker.run([task_id], LARGE) == 1
    assert done == ["ann", "bob", "ann"]
