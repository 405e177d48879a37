"""Sweep, restart, give up: what is due is sent again or queued again, and what lost its worker too often has failed."""

import pytest
from sqlalchemy import select, update

from md5_task_data import tasks
from md5_task_data.database.engine import Database
from md5_task_data.errors import LeaseLost
from md5_task_data.queue import hints, leases
from md5_task_data.queue import sweep as of_rows
from md5_task_data.queue.sweep import Due
from md5_task_data.schema import SECOND
from md5_task_data.schema import tasks as table
from md5_task_data.sql import now
from tests.data.conftest import NewTask
from tests.data.steps import claim, make_due, row, sent, sweep


def test_a_lease_that_runs_out_is_queued_again_and_says_why(database: Database, new_task: NewTask) -> None:
    (lost,) = claim(database, new_task())
    assert sent(sweep(database)) == []  # not yet due
    make_due(database, lost.id)
    assert sent(sweep(database)) == [lost.id]
    again = row(database, lost.id)
    assert (again["status"], again["lost_leases"]) == ("queued", 1)
    assert [event["status"] for event in tasks.history(again)] == ["queued", "running", "queued"]
    assert "no heartbeat" in tasks.history(again)[-1]["reason"]


@pytest.mark.parametrize("max_attempts", [1, 2, 5])
def test_leases_lost_too_often_fail_the_task(database: Database, new_task: NewTask, max_attempts: int) -> None:
    task_id = new_task()
    for _ in range(max_attempts):
        assert row(database, task_id)["outcome"] is None
        assert len(claim(database, task_id)) == 1
        make_due(database, task_id)
        sweep(database, max_attempts=max_attempts)
    failed = row(database, task_id)
    assert (failed["status"], failed["outcome"], failed["error"]["code"]) == ("computed", "failed", "worker_lost")


def test_what_is_put_back_waits_out_its_delay_even_when_all_is_published(database: Database, new_task: NewTask) -> None:
    (mine,) = claim(database, new_task())
    with database.transaction() as db:
        leases.put_back(db, mine, "an error", delay_s=10, is_error=True)
    assert sent(sweep(database, publish_all=True)) == []
    make_due(database, mine.id)
    assert sent(sweep(database)) == [mine.id]
    assert row(database, mine.id)["errors"] == 1


def clock(database: Database) -> int:
    """The database's, in microseconds."""
    with database.reading() as db:
        return db.execute(select(now())).scalar_one()


def test_hints_that_bring_nobody_are_sent_again_ever_more_seldom(database: Database, new_task: NewTask) -> None:
    task_id = new_task()
    for wait_s in (60, 120, 240, 480, 600, 600, 600):
        make_due(database, task_id)
        before = clock(database)
        assert sent(sweep(database)) == [task_id]
        assert before <= row(database, task_id)["due_at"] - wait_s * SECOND <= clock(database)


def test_an_empty_queue_means_that_every_hint_is_sent_again(database: Database, new_task: NewTask) -> None:
    waiting = [new_task() for _ in range(3)]
    assert sent(sweep(database)) == []
    assert sent(sweep(database, publish_all=True)) == waiting


def test_a_sweep_goes_through_more_rows_than_one_batch(
    database: Database, new_task: NewTask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(of_rows, "BATCH", 2)
    waiting = [new_task() for _ in range(5)]
    seen, found = [], Due(more=True)
    while found.more:
        found = sweep(database, publish_all=True, after=found.last)
        seen += sent(found)
    assert seen == waiting


def test_a_service_that_is_killed_again_and_again_costs_a_task_nothing(database: Database, new_task: NewTask) -> None:
    task_id = new_task()
    for _ in range(20):
        (stale,) = claim(database, task_id, lease_s=3600)
        with database.transaction() as db:
            assert of_rows.restart(db) == 1
        with pytest.raises(LeaseLost), database.transaction() as db:
            leases.finish(db, stale, {})
        assert sent(sweep(database)) == [task_id]
    after = row(database, task_id)
    assert (after["status"], after["lost_leases"], after["errors"]) == ("queued", 0, 0)
    assert "restarted" in after["history"][-1]["reason"]


def test_a_clock_that_was_put_back_stops_nothing(database: Database, new_task: NewTask) -> None:
    queued = new_task()
    make_due(database, queued, 86400)
    assert sent(sweep(database, publish_all=True)) == []
    with database.transaction() as db:
        assert of_rows.restart(db) == 0
    assert sent(sweep(database)) == [queued]


def test_a_worker_that_sees_no_way_on_counts_as_lost_and_is_tried_again_at_once(
    database: Database, new_task: NewTask
) -> None:
    task_id = new_task()
    for _ in range(2):
        (mine,) = claim(database, task_id)
        with database.transaction() as db:
            of_rows.give_up(db, mine, "no progress for 3 s", max_attempts=2)
        published = sent(sweep(database))
    failed = row(database, task_id)
    assert published == []
    assert (failed["outcome"], failed["error"]["code"], failed["lost_leases"]) == ("failed", "worker_lost", 2)
    assert "2 attempts" in failed["error"]["detail"]
    assert "no progress for 3 s" in failed["error"]["detail"]
    assert "no progress for 3 s; loss 1 of 2" in tasks.history(failed)[2]["reason"]


def test_what_is_lost_in_company_counts_against_nobody(database: Database, new_task: NewTask) -> None:
    """One of them may have killed the worker; which one, is seen when each is tried alone."""
    ids = sorted(new_task() for _ in range(2))
    with database.transaction() as db:
        assert len(leases.claim(db, ids, 0)) == 2
    assert sweep(database, max_attempts=1).requeued == 2
    with database.reading() as db:
        rows = tasks.get_all(db, "local", ids)
    assert [(row["status"], row["lost_leases"], row["attempt"]) for row in rows] == [("queued", 0, 1)] * 2
    assert all("not counted" in row["history"][-1]["reason"] for row in rows)
    with database.transaction() as db:
        assert len(leases.claim(db, ids[:1], 0)) == 1
    assert sweep(database, max_attempts=1).given_up == 1
    with database.reading() as db:
        assert tasks.get(db, "local", ids[0])["error"]["detail"].startswith("The task was given up after 1 attempts")


def test_a_large_file_has_a_lane_of_its_own(database: Database, new_task: NewTask) -> None:
    fits, large = new_task(size=hints.LARGE_FILE), new_task(size=hints.LARGE_FILE + 1)
    with database.transaction() as db:
        db.execute(update(table).values(due_at=now()))
    assert sorted(sweep(database).messages) == sorted([([fits], "work"), ([large], "large")])
