"""Claim, lease, fence, beat, finish, put back, sweep: each step checks the state that it moves a row from."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Connection, select, update

from md5_task_data import due, leases, messages, tasks
from md5_task_data.database import Database
from md5_task_data.due import Due
from md5_task_data.errors import LeaseLost
from md5_task_data.leases import Claim
from md5_task_data.schema import SECOND, now
from md5_task_data.schema import tasks as table

NewTask = Callable[..., str]


def claim(database: Database, *task_ids: str, lease_s: float = 30) -> list[Claim]:
    with database.transaction() as db:
        return leases.claim(db, task_ids, lease_s)


def sweep(database: Database, *, publish_all: bool = False, max_attempts: int = 5, after: str = "") -> Due:
    with database.transaction() as db:
        return due.sweep(db, after=after, publish_all=publish_all, lease_s=30, max_attempts=max_attempts)


def make_due(database: Database, task_id: str, seconds: float = 0) -> None:
    with database.transaction() as db:
        db.execute(update(table).where(table.c.id == task_id).values(due_at=now() + int(seconds * SECOND)))


def row(database: Database, task_id: str) -> Any:
    with database.reading() as db:
        return tasks.get(db, "local", task_id)


def test_a_queued_task_is_claimed_once_however_often_its_message_comes(database: Database, new_task: NewTask) -> None:
    task_id = new_task()
    (first,) = claim(database, task_id)
    assert (first.id, first.fence, first.attempt) == (task_id, 1, 1)
    assert claim(database, task_id) == []
    assert row(database, task_id)["status"] == "running"


def test_a_message_may_name_many_tasks_and_some_that_are_not_there(database: Database, new_task: NewTask) -> None:
    wanted = [new_task() for _ in range(3)]
    claims = claim(database, *reversed(wanted), "00000000-0000-7000-8000-000000000000")
    assert [c.id for c in claims] == wanted  # in id order, whatever the message's


def test_finish_stores_the_result_and_owes_a_line(database: Database, new_task: NewTask) -> None:
    (mine,) = claim(database, new_task())
    with database.transaction() as db:
        leases.finish(db, mine, {"md5": "0" * 32})
    done = row(database, mine.id)
    assert (done["status"], done["outcome"], done["result"], done["md5"]) == (
        "computed",
        "done",
        {"md5": "0" * 32},
        "0" * 32,
    )


STEPS: dict[str, Callable[[Connection, Claim], None]] = {
    "beat": lambda db, stale: leases.beat(db, stale, 1, 30),
    "finish": lambda db, stale: leases.finish(db, stale, {"md5": "f" * 32}),
    "fail": lambda db, stale: leases.fail(db, stale, {"code": "x", "detail": "x"}),
    "put_back": lambda db, stale: leases.put_back(db, stale, "x", delay_s=0, is_error=True),
    "give_up": lambda db, stale: due.give_up(db, stale, "x", 5),
}


@pytest.mark.parametrize("step", STEPS)
def test_a_stale_fence_changes_nothing(database: Database, new_task: NewTask, step: str) -> None:
    (stale,) = claim(database, new_task())
    make_due(database, stale.id)
    assert sweep(database).requeued == 1
    (_current,) = claim(database, stale.id)
    before = row(database, stale.id)
    with pytest.raises(LeaseLost), database.transaction() as db:
        STEPS[step](db, stale)
    assert row(database, stale.id) == before


STALE = 125  # claims, with four writes each


def test_500_writes_with_a_stale_fence_have_no_effect(
    database: Database, new_task: NewTask, figure: Callable[[str], None]
) -> None:
    ids = [new_task() for _ in range(STALE)]
    stale = claim(database, *ids)
    with database.transaction() as db:
        db.execute(update(table).values(due_at=now()))
    assert sweep(database).requeued == STALE
    assert len([one for task_id in ids for one in claim(database, task_id)]) == STALE
    with database.reading() as db:
        before = db.execute(select(table).order_by(table.c.id)).all()
    refused = 0
    for old in stale:
        for step in ("beat", "finish", "fail", "put_back"):
            with pytest.raises(LeaseLost), database.transaction() as db:
                STEPS[step](db, old)
            refused += 1
    assert refused == 500
    with database.reading() as db:
        assert db.execute(select(table).order_by(table.c.id)).all() == before
    figure(f"{refused} writes refused, 0 rows changed")


def test_a_trace_goes_with_the_claim_and_with_its_loss(database: Database, new_task: NewTask) -> None:
    given = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    (claimed,) = claim(database, new_task(traceparent=given))
    assert claimed.traceparent == given
    make_due(database, claimed.id)
    (lost,) = sweep(database).lost
    assert (lost["traceparent"], lost["attempt"]) == (given, 1)
    assert lost["started_at"] < lost["now"]


def test_a_beat_extends_the_lease_and_carries_the_progress(database: Database, new_task: NewTask) -> None:
    (mine,) = claim(database, new_task(), lease_s=1)
    ends = row(database, mine.id)["due_at"]
    with database.transaction() as db:
        leases.beat(db, mine, 2, 30)
    after = row(database, mine.id)
    assert after["due_at"] > ends + 28 * SECOND
    assert after["progress"] == 2


def test_a_cancelled_task_is_lost_to_its_worker(database: Database, new_task: NewTask) -> None:
    (mine,) = claim(database, new_task())
    with database.transaction() as db:
        tasks.cancel(db, "local", mine.id)
    with pytest.raises(LeaseLost), database.transaction() as db:
        leases.finish(db, mine, {"md5": "0" * 32})
    assert row(database, mine.id)["outcome"] == "cancelled"


def test_a_lease_that_runs_out_is_queued_again_and_says_why(database: Database, new_task: NewTask) -> None:
    (lost,) = claim(database, new_task())
    assert sent(sweep(database)) == []  # not yet due
    make_due(database, lost.id)
    assert sent(sweep(database)) == [lost.id]
    again = row(database, lost.id)
    assert (again["status"], again["lost_leases"]) == ("queued", 1)
    assert [event["status"] for event in tasks.history(again)] == ["queued", "running", "queued"]
    assert "no sign of life" in tasks.history(again)[-1]["reason"]


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


def test_an_orderly_stop_gives_the_attempt_back(database: Database, new_task: NewTask) -> None:
    (mine,) = claim(database, new_task())
    with database.transaction() as db:
        leases.put_back(db, mine, "stopped", delay_s=0, is_error=False, is_attempt=False)
    after = row(database, mine.id)
    assert (after["status"], after["attempt"], after["errors"], after["lost_leases"]) == ("queued", 0, 0, 0)
    assert claim(database, mine.id)[0].fence == 2  # but never the fence


def sent(found: Due) -> list[str]:
    """The ids in all messages of a sweep."""
    return [task_id for message in found.messages for task_id in message.task_ids]


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
    monkeypatch.setattr(due, "BATCH", 2)
    waiting = [new_task() for _ in range(5)]
    seen, found = [], Due(more=True)
    while found.more:
        found = sweep(database, publish_all=True, after=found.last)
        seen += sent(found)
    assert seen == waiting


def test_a_long_history_keeps_its_newest_entries(database: Database, new_task: NewTask) -> None:
    task_id = new_task()
    for attempt in range(leases.MAX_HISTORY // 2 + 5):
        (mine,) = claim(database, task_id)
        with database.transaction() as db:
            leases.put_back(db, mine, f"away {attempt}", delay_s=0, is_error=False)
    kept = row(database, task_id)["history"]
    assert len(kept) == leases.MAX_HISTORY
    assert kept[-1]["reason"] == f"away {leases.MAX_HISTORY // 2 + 4}"


def test_a_service_that_is_killed_again_and_again_costs_a_task_nothing(database: Database, new_task: NewTask) -> None:
    task_id = new_task()
    for _ in range(20):
        (stale,) = claim(database, task_id, lease_s=3600)
        with database.transaction() as db:
            assert due.restart(db) == 1
        with pytest.raises(LeaseLost), database.transaction() as db:
            leases.finish(db, stale, {})
        assert sent(sweep(database)) == [task_id]
    after = row(database, task_id)
    assert (after["status"], after["lost_leases"], after["errors"]) == ("queued", 0, 0)
    assert "started again" in after["history"][-1]["reason"]


def test_a_clock_that_was_put_back_stops_nothing(database: Database, new_task: NewTask) -> None:
    queued = new_task()
    make_due(database, queued, 86400)
    assert sent(sweep(database, publish_all=True)) == []
    with database.transaction() as db:
        assert due.restart(db) == 0
    assert sent(sweep(database)) == [queued]


def test_a_worker_that_sees_no_way_on_counts_as_lost_and_is_tried_again_at_once(
    database: Database, new_task: NewTask
) -> None:
    task_id = new_task()
    for _ in range(2):
        (mine,) = claim(database, task_id)
        with database.transaction() as db:
            due.give_up(db, mine, "no progress for 3 s", max_attempts=2)
        published = sent(sweep(database))
    failed = row(database, task_id)
    assert published == []
    assert (failed["outcome"], failed["error"]["code"], failed["lost_leases"]) == ("failed", "worker_lost", 2)
    assert "2 tries" in failed["error"]["detail"]
    assert "no progress for 3 s" in failed["error"]["detail"]
    assert "no progress for 3 s; loss 1 of 2" in tasks.history(failed)[2]["reason"]


def test_a_claim_passes_by_what_others_are_at(database: Database, new_task: NewTask) -> None:
    theirs, free = new_task(), new_task()
    if database.is_sqlite:
        pytest.skip("SQLite has one writer at a time: nobody else can be at anything")
    other = Database(database.url.render_as_string(hide_password=False))
    with other.transaction() as db:
        db.execute(update(table).where(table.c.id == theirs).values(hints=2))
        assert [mine.id for mine in claim(database, theirs, free)] == [
            free
        ]  # without waiting, for that would be for ever
    other.close()


def test_what_is_lost_in_company_counts_against_nobody(database: Database, new_task: NewTask) -> None:
    """One of them may have killed the worker; which one, is seen when each is tried alone."""
    ids = sorted(new_task() for _ in range(2))
    with database.transaction() as db:
        assert len(leases.claim(db, ids, 0)) == 2
    assert sweep(database, max_attempts=1).requeued == 2
    with database.reading() as db:
        rows = tasks.get_all(db, "local", ids)
    assert [(row["status"], row["lost_leases"], row["attempt"]) for row in rows] == [("queued", 0, 1)] * 2
    assert all("counts against nobody" in row["history"][-1]["reason"] for row in rows)
    with database.transaction() as db:
        assert len(leases.claim(db, ids[:1], 0)) == 1
    assert sweep(database, max_attempts=1).given_up == 1
    with database.reading() as db:
        assert tasks.get(db, "local", ids[0])["error"]["detail"].startswith("given up after 1 tries")


def test_a_large_file_has_a_lane_of_its_own(database: Database, new_task: NewTask) -> None:
    fits, large = new_task(size=messages.LARGE), new_task(size=messages.LARGE + 1)
    with database.transaction() as db:
        db.execute(update(table).values(due_at=now()))
    assert sorted(sweep(database).messages) == sorted([([fits], False), ([large], True)])


def test_small_files_travel_together_and_what_is_large_or_was_tried_before_alone(
    database: Database, new_task: NewTask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(messages, "MOST_TOGETHER", 3)
    small = [new_task(size=messages.SMALL) for _ in range(4)]
    large, tried = new_task(size=messages.SMALL + 1), new_task()
    (mine,) = claim(database, tried)
    with database.transaction() as db:
        leases.put_back(db, mine, "an error", delay_s=0, is_error=True)
        db.execute(update(table).values(due_at=now()))
    assert sorted(len(message.task_ids) for message in sweep(database).messages) == [1, 1, 1, 3]
    with database.transaction() as db:
        assert [one.id for one in leases.claim(db, [*small, tried], 30)] == small  # whoever says so
        assert [one.id for one in leases.claim(db, [tried], 30)] == [tried]
        assert [one.id for one in leases.claim(db, [large], 30)] == [large]


def test_results_are_stored_together_and_nothing_of_what_was_lost(database: Database, new_task: NewTask) -> None:
    ids = [new_task() for _ in range(4)]
    with database.transaction() as db:
        claims = leases.claim(db, ids, 30)
        tasks.cancel(db, "local", ids[1])
    make_due(database, ids[2])
    sweep(database)
    (again,) = claim(database, ids[2])
    results = [(one, {"md5": f"{number}" * 32, "é": None}) for number, one in enumerate(claims)]
    with database.transaction() as db:
        assert [lost.id for lost in leases.finish_all(db, results)] == ids[1:3]
    for number in (0, 3):
        done = row(database, ids[number])
        assert (done["outcome"], done["result"], done["md5"]) == ("done", results[number][1], f"{number}" * 32)
        assert done["progress"] == done["size"]
    assert row(database, ids[1])["outcome"] == "cancelled"
    assert (row(database, ids[2])["status"], row(database, ids[2])["fence"]) == ("running", again.fence)
    with database.transaction() as db:  # the answer to the first COMMIT was lost
        assert [lost.id for lost in leases.finish_all(db, results)] == ids[1:3]
