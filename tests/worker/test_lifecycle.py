"""Claim, work, finish: how an attempt at a task can end."""

import hashlib
import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from md5_service.worker.job import BLOCK, Job
from md5_service.worker.kinds import md5
from md5_service.worker.lifecycle import ERROR_DELAYS_S
from md5_task_data.bucket.folder import Bucket
from md5_task_data.database.engine import Database
from md5_task_data.errors import DependencyAway, InvalidInput
from md5_task_data.schema import SECOND
from tests.bucket import store
from tests.client import BUSY_S
from tests.results import Found
from tests.worker.attempts import lifecycle, row
from tests.worker.conftest import NewTask

Run = Callable[..., dict[str, Any]]


@pytest.fixture
def run(database: Database, bucket: Bucket, new_task: NewTask) -> Run:
    """Make a task with `content`, run it once through `work`, and return its row."""

    def once(work: Callable[[Job], Found], content: bytes = b"abc", lease_s: float = 30) -> dict[str, Any]:
        task_id = new_task(size=len(content))
        store(bucket, task_id, content)
        lifecycle(database, bucket, work, lease_s=lease_s).run([task_id])
        return row(database, task_id)

    return once


def raising(error: BaseException) -> Callable[[Job], Found]:
    def work(_: Job) -> Found:
        raise error

    return work


def read_all(job: Job) -> Found:
    return Found(content=b"".join(bytes(block) for block in job.blocks()).decode())


def test_a_result_is_stored(run: Run) -> None:
    done = run(read_all)
    assert (done["status"], done["outcome"], done["result"]) == ("computed", "done", {"content": "abc"})
    assert done["progress"] == 3


def test_wrong_input_fails_at_once_in_words_for_the_sender(run: Run) -> None:
    failed = run(raising(InvalidInput("line 3 has no address")))
    assert (failed["outcome"], failed["attempt"]) == ("failed", 1)
    assert failed["error"] == {"code": "invalid_input", "detail": "line 3 has no address"}


def test_something_that_is_away_counts_against_nobody(run: Run) -> None:
    waiting = run(raising(DependencyAway("no bucket")))
    assert (waiting["status"], waiting["errors"], waiting["lost_leases"]) == ("queued", 0, 0)
    assert "no bucket" in waiting["history"][-1]["reason"]


def test_unexpected_errors_are_tried_again_and_then_told_in_general_words(
    database: Database, bucket: Bucket, new_task: NewTask
) -> None:
    task_id = new_task()
    store(bucket, task_id, b"abc")
    lives = lifecycle(database, bucket, raising(ZeroDivisionError("secret")))
    for number, delay_s in enumerate(ERROR_DELAYS_S, 1):
        lives.run([task_id])
        waiting = row(database, task_id)
        assert (waiting["status"], waiting["errors"]) == ("queued", number)
        assert delay_s - 1 < (waiting["due_at"] - waiting["history"][-1]["at"]) / SECOND < delay_s + BUSY_S
    lives.run([task_id])
    failed = row(database, task_id)
    assert (failed["outcome"], failed["error"]["code"]) == ("failed", "unexpected")
    assert "secret" not in str(failed)


@pytest.mark.parametrize("end", [SystemExit(0), KeyboardInterrupt(), GeneratorExit()])
def test_work_that_ends_the_process_by_itself_has_failed_as_with_any_other_error(
    database: Database, bucket: Bucket, new_task: NewTask, end: BaseException
) -> None:
    """Otherwise it would be put back, and begun again, forever."""
    task_id = new_task()
    lives = lifecycle(database, bucket, raising(end))
    for _ in range(1 + len(ERROR_DELAYS_S)):
        lives.run([task_id])
    assert row(database, task_id)["error"]["code"] == "unexpected"


@pytest.mark.parametrize("stop", [SystemExit(0), KeyboardInterrupt()])
def test_an_orderly_stop_gives_the_task_back(
    database: Database, bucket: Bucket, new_task: NewTask, stop: BaseException, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("md5_service.worker.lifecycle.terminate_handler_fired", lambda: True)
    task_id = new_task()
    with pytest.raises(type(stop)):
        lifecycle(database, bucket, raising(stop)).run([task_id])
    waiting = row(database, task_id)
    assert (waiting["status"], waiting["attempt"], waiting["errors"]) == ("queued", 0, 0)


def test_bytes_that_are_gone_fail_the_task(database: Database, bucket: Bucket, new_task: NewTask) -> None:
    gone, there = new_task(), new_task()
    store(bucket, there, b"abc")
    lifecycle(database, bucket, read_all).run([gone, there])
    assert row(database, gone)["error"]["code"] == "bytes_missing"
    assert row(database, there)["outcome"] == "done"


def test_bytes_that_are_too_few_fail_the_task(database: Database, bucket: Bucket, new_task: NewTask) -> None:
    task_id = new_task(size=5)
    store(bucket, task_id, b"abc")
    lifecycle(database, bucket, read_all).run([task_id])
    assert row(database, task_id)["error"]["code"] == "bytes_missing"


def test_a_bucket_that_is_away_is_waited_for(database: Database, bucket: Bucket, new_task: NewTask) -> None:
    task_id = new_task()
    lifecycle(database, bucket, read_all).run([task_id])  # no folder at all
    assert row(database, task_id)["status"] == "queued"


def test_a_message_that_comes_five_times_does_its_work_once(
    database: Database, bucket: Bucket, new_task: NewTask
) -> None:
    task_id = new_task()
    store(bucket, task_id, b"abc")
    calls = []

    def work(job: Job) -> Found:
        calls.append(job)
        return read_all(job)

    lives = lifecycle(database, bucket, work)
    assert [lives.run([task_id]) for _ in range(5)] == [1, 0, 0, 0, 0]
    assert len(calls) == 1


@pytest.mark.parametrize("size", [BLOCK, BLOCK + 1, 3 * BLOCK - 1, 3 * BLOCK])
def test_what_is_read_ahead_comes_whole_and_in_order(run: Run, size: int) -> None:
    content = os.urandom(size)
    assert run(md5.work, content)["result"] == {"md5": hashlib.md5(content).hexdigest()}


def test_a_database_that_is_away_for_a_moment_costs_nothing(run: Run, database: Database) -> None:
    outages: Iterator[int] = iter(range(3))
    real = database.transaction

    def flaky() -> Any:
        if next(outages, None) is not None:
            raise DependencyAway("away")
        return real()

    def work(job: Job) -> Found:
        database.transaction = flaky  # type: ignore[method-assign]
        return read_all(job)

    assert run(work)["outcome"] == "done"
    assert next(outages, None) is None
