"""Claim, work, finish: how an attempt at a task can end."""

import hashlib
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest
from sqlalchemy import Connection

from md5_service.settings import Settings
from md5_service.worker.job import BLOCK, Job, Rows
from md5_service.worker.kinds import md5
from md5_service.worker.lifecycle import ERROR_DELAYS_S, Lifecycle
from md5_service.worker.verbs import Outcome, Verbs
from md5_task_data import tasks
from md5_task_data.bucket.folder import Bucket
from md5_task_data.database.engine import Database
from md5_task_data.errors import DependencyAway, InvalidInput
from md5_task_data.queue import sweep
from md5_task_data.queue.hints import LARGE, WORK
from md5_task_data.schema import SECOND
from tests.bucket import store
from tests.client import BUSY_S, IN_TIME_S
from tests.data.steps import later
from tests.results import Found

NewTask = Callable[..., str]
Run = Callable[..., dict[str, Any]]
Named = Callable[[Iterable[str]], list[str]]


@pytest.fixture
def run(database: Database, bucket: Bucket, new_task: NewTask) -> Run:
    """Make a task with `content`, run it once through `work`, and return its row."""

    def once(work: Callable[[Job], Found], content: bytes = b"abc", lease_s: float = 30) -> dict[str, Any]:
        task_id = new_task(size=len(content))
        store(bucket, task_id, content)
        lifecycle(database, bucket, work, lease_s=lease_s).run([task_id])
        return row(database, task_id)

    return once


def lifecycle(
    database: Database, bucket: Bucket, work: Callable[[Job], Outcome], kind: str = "md5", **given: Any
) -> Lifecycle:
    """One whose only kind is `work`; keyword arguments are settings."""
    urls: dict[str, Any] = {
        "database_url": str(database.url),
        "broker_url": "memory://",
        "bucket_url": f"file://{bucket.root}",
    }
    settings = Settings(**urls, log_path=bucket.root.with_name("tasks.log"), **given)
    return Lifecycle(settings, database, bucket, {kind: Verbs(work)}, lambda messages: None)


@pytest.fixture
def named(bucket: Bucket, new_task: NewTask) -> Named:
    """Make a task of each filename, with the same bytes, and return their ids."""

    def make(filenames: Iterable[str]) -> list[str]:
        ids = [new_task(filename=filename) for filename in filenames]
        for task_id in ids:
            store(bucket, task_id, b"abc")
        return ids

    return make


def row(database: Database, task_id: str) -> dict[str, Any]:
    with database.reading() as db:
        return dict(tasks.get(db, "local", task_id))


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


@pytest.mark.parametrize("stop", [SystemExit(0), KeyboardInterrupt()])
def test_an_orderly_stop_gives_the_task_back(
    database: Database, bucket: Bucket, new_task: NewTask, stop: BaseException
) -> None:
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
    database: Database, bucket: Bucket, named: Named
) -> None:
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


def test_rows_are_stored_under_the_lease_and_not_after_it(
    database: Database, bucket: Bucket, new_task: NewTask
) -> None:
    """Who is cancelled between two steps takes no other."""
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


def test_after_files_that_had_to_wait_a_neighbour_has_its_turn(
    database: Database, bucket: Bucket, new_task: NewTask
) -> None:
    """And not after those that did not: a service that keeps up has no turns to give."""
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
