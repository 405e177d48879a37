"""Claim, fence, beat, finish, put back: each step checks the state from which it moves a row."""

from collections.abc import Callable

import pytest
from sqlalchemy import Connection, select, update

from md5_task_data import tasks
from md5_task_data.database.engine import Database
from md5_task_data.errors import LeaseLost
from md5_task_data.queue import hints, leases
from md5_task_data.queue import sweep as of_rows
from md5_task_data.queue.leases import Claim
from md5_task_data.schema import SECOND
from md5_task_data.schema import tasks as table
from md5_task_data.sql import now
from tests.data.steps import claim, make_due, row, sweep

NewTask = Callable[..., str]


def test_a_queued_task_is_claimed_once_however_often_its_message_comes(database: Database, new_task: NewTask) -> None:
    task_id = new_task()
    (first,) = claim(database, task_id)
    assert (first.id, first.fence, first.attempt) == (task_id, 1, 1)
    assert claim(database, task_id) == []
    assert row(database, task_id)["status"] == "running"


def test_a_message_may_name_many_tasks_and_some_that_are_not_there(database: Database, new_task: NewTask) -> None:
    wanted = [new_task() for _ in range(3)]
    claims = claim(database, *reversed(wanted), "00000000-0000-7000-8000-000000000000")
    assert [c.id for c in claims] == wanted  # in id order, not in the message's


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
    "give_up": lambda db, stale: of_rows.give_up(db, stale, "x", 5),
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


def test_an_orderly_stop_gives_the_attempt_back(database: Database, new_task: NewTask) -> None:
    (mine,) = claim(database, new_task())
    with database.transaction() as db:
        leases.put_back(db, mine, "stopped", delay_s=0, is_error=False, is_attempt=False)
    after = row(database, mine.id)
    assert (after["status"], after["attempt"], after["errors"], after["lost_leases"]) == ("queued", 0, 0, 0)
    assert claim(database, mine.id)[0].fence == 2  # but never the fence


def test_a_long_history_keeps_its_newest_entries(database: Database, new_task: NewTask) -> None:
    task_id = new_task()
    for attempt in range(leases.MAX_HISTORY // 2 + 5):
        (mine,) = claim(database, task_id)
        with database.transaction() as db:
            leases.put_back(db, mine, f"away {attempt}", delay_s=0, is_error=False)
    kept = row(database, task_id)["history"]
    assert len(kept) == leases.MAX_HISTORY
    assert kept[-1]["reason"] == f"away {leases.MAX_HISTORY // 2 + 4}"


def test_a_claim_passes_by_what_others_are_at(database: Database, new_task: NewTask) -> None:
    theirs, free = new_task(), new_task()
    if database.is_sqlite:
        pytest.skip("SQLite has one writer at a time: nobody else can be at anything")
    other = Database(database.url.render_as_string(hide_password=False))
    with other.transaction() as db:
        db.execute(update(table).where(table.c.id == theirs).values(hints=2))
        claims = claim(database, theirs, free)  # without waiting, which would take forever
        assert [mine.id for mine in claims] == [free]
    other.close()


def test_small_files_travel_together_and_what_is_large_or_was_tried_before_alone(
    database: Database, new_task: NewTask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hints, "MOST_TOGETHER", 3)
    small = [new_task(size=hints.SMALL) for _ in range(4)]
    large, tried = new_task(size=hints.SMALL + 1), new_task()
    (mine,) = claim(database, tried)
    with database.transaction() as db:
        leases.put_back(db, mine, "an error", delay_s=0, is_error=True)
        db.execute(update(table).values(due_at=now()))
    assert sorted(len(message.task_ids) for message in sweep(database).messages) == [1, 1, 1, 3]
    with database.transaction() as db:
        assert [one.id for one in leases.claim(db, [*small, tried], 30)] == small  # no matter who says so
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
