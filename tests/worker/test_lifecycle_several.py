"""Several small files in one message: each ends as it would alone, and all their leases are extended in the meantime."""

import time
from collections.abc import Callable, Iterable

import pytest

from md5_service.worker.job import Job
from md5_task_data import tasks
from md5_task_data.bucket.folder import Bucket
from md5_task_data.database.engine import Database
from md5_task_data.errors import DependencyAway, InvalidInput
from md5_task_data.queue import sweep
from tests.bucket import store
from tests.results import Found
from tests.worker.attempts import lifecycle, row
from tests.worker.conftest import NewTask

Named = Callable[[Iterable[str]], list[str]]


@pytest.fixture
def named(bucket: Bucket, new_task: NewTask) -> Named:
    """Create a task for each file name, with the same bytes; returns their ids."""

    def make(filenames: Iterable[str]) -> list[str]:
        ids = [new_task(filename=filename) for filename in filenames]
        for task_id in ids:
            store(bucket, task_id, b"abc")
        return ids

    return make


def test_each_of_several_ends_as_it_would_alone(database: Database, bucket: Bucket, named: Named) -> None:
    ids = named(["fine", "wrong", "away", "odd", "fine too"])
    errors = {"wrong": InvalidInput("no"), "away": DependencyAway("no bucket"), "odd": ZeroDivisionError()}

    def work(job: Job) -> Found:
        if job.filename in errors:
            raise errors[job.filename]
        return Found(name=job.filename)

    assert lifecycle(database, bucket, work).run(ids) == 5
    ended = [row(database, task_id) for task_id in ids]
    assert [task["status"] for task in ended] == ["computed", "computed", "queued", "queued", "computed"]
    assert [task["outcome"] for task in ended] == ["done", "failed", None, None, "done"]
    assert [task["errors"] for task in ended] == [0, 0, 0, 1, 0]
    assert [ended[0]["result"], ended[4]["result"]] == [{"name": "fine"}, {"name": "fine too"}]


def test_a_stop_in_the_middle_of_several_stores_what_is_done_and_gives_back_the_rest(
    database: Database, bucket: Bucket, named: Named, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("md5_service.worker.lifecycle.terminate_handler_fired", lambda: True)
    ids = named("0123")

    def work(job: Job) -> Found:
        if job.filename == "2":
            raise SystemExit
        return Found(name=job.filename)

    with pytest.raises(SystemExit):
        lifecycle(database, bucket, work).run(ids)
    ended = [row(database, task_id) for task_id in ids]
    assert [task["status"] for task in ended] == ["computed", "computed", "queued", "queued"]
    assert [(task["attempt"], task["errors"], task["lost_leases"]) for task in ended[2:]] == [(0, 0, 0)] * 2


def test_the_leases_of_all_are_kept_while_one_is_worked_on(database: Database, bucket: Bucket, named: Named) -> None:
    ids = named("012")

    def slow(job: Job) -> Found:
        if job.filename == "1":
            time.sleep(4)  # longer than the lease
            with database.transaction() as db:
                assert sweep.sweep(db, after="", publish_all=False, lease_s=3, max_attempts=5).lost == []
        return Found(name=job.filename)

    lifecycle(database, bucket, slow, lease_s=3).run(ids)
    assert [row(database, task_id)["outcome"] for task_id in ids] == ["done"] * 3


def test_one_of_several_that_was_cancelled_meanwhile_stays_so(database: Database, bucket: Bucket, named: Named) -> None:
    ids = named("012")

    def cancelling(job: Job) -> Found:
        if job.filename == "2":
            with database.transaction() as db:
                tasks.cancel(db, "local", ids[0])
        return Found(name=job.filename)

    lifecycle(database, bucket, cancelling).run(ids)
    assert [row(database, task_id)["outcome"] for task_id in ids] == ["cancelled", "done", "done"]
