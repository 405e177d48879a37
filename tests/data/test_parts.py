"""A file in parts waits for all of them and is closed once; if it ends before that, its parts have nothing left to do."""

import threading
from collections.abc import Callable

import pytest
from sqlalchemy import Connection, update

from md5_task_data import tasks
from md5_task_data.database.engine import Database
from md5_task_data.errors import LeaseLost, NotFound
from md5_task_data.kinds import contacts
from md5_task_data.log import statistics
from md5_task_data.queue import leases, parts, sweep
from md5_task_data.queue.leases import Claim, Slice
from md5_task_data.schema import tasks as table
from md5_task_data.sql import now
from md5_task_data.upkeep import results
from tests.client import IN_TIME_S
from tests.data.in_parts import PLAN, Cut, claim, claims, end, kept, look_after, row


def test_a_part_is_worked_on_with_what_its_file_has(database: Database, cut: Cut) -> None:
    task_id, ids = cut(2)
    (second,) = claims(database, ids[1])
    assert (second.file_id, second.owner, second.part) == (task_id, "local", Slice(100, 100, 11))
    assert (second.params, second.plan, second.size) == ({"header": True}, PLAN, 100)


def test_a_file_waits_for_all_its_parts_and_is_closed_once(database: Database, cut: Cut) -> None:
    task_id, ids = cut(3)
    first, second, third = claims(database, *ids)
    assert end(database, second) == end(database, first) == []
    waiting = row(database, task_id)
    assert (waiting["status"], waiting["progress"], waiting["total"], waiting["unit"]) == ("waiting", 20, 30, "rows")
    assert [step["status"] for step in tasks.history(waiting)] == ["queued", "running", "waiting"]
    assert end(database, third) == [task_id]
    closing = claim(database, task_id)
    assert closing.part is None
    assert (closing.parts_left, closing.attempt, closing.total) == (0, 1, 30)
    assert [part["rows"] for part in closing.ended] == [100, 100, 100]
    with database.transaction() as db:
        leases.finish(db, closing, {"rows": 300})
    done = row(database, task_id)
    assert (done["outcome"], done["progress"]) == ("done", 30)
    assert [step["status"] for step in tasks.history(done)] == ["queued", "running", "waiting", "running", "computed"]


def test_two_last_parts_that_end_together_close_the_file_once(database: Database, cut: Cut) -> None:
    for _ in range(5):
        task_id, ids = cut(2)
        both = claims(database, *ids)
        hints: list[str] = []
        threads = [
            threading.Thread(target=lambda part=part, hints=hints: hints.extend(end(database, part))) for part in both
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(IN_TIME_S)
        assert hints == [task_id]
        assert row(database, task_id)["status"] == "queued"


def test_no_client_sees_a_part_and_nobody_counts_it(database: Database, cut: Cut) -> None:
    task_id, ids = cut(3)
    with database.reading() as db:
        rows, _ = tasks.page(db, "local", filters={}, limit=10, cursor=None)
        assert [each["id"] for each in rows] == [task_id]
        for owner in (None, "local"):
            found = [(each["status"], each["tasks"]) for each in statistics.unfinished(db, owner) if each["tasks"]]
            assert found == [("waiting", 1)]
        assert set(tasks.keeping(db, [task_id, *ids])) == {task_id}
        with pytest.raises(NotFound):
            tasks.get(db, "local", ids[0])


LATE: dict[str, Callable[[Connection, Claim], object]] = {
    "beat": lambda db, part: leases.beat(db, part, 1, 30),
    "end": lambda db, part: parts.end_part(db, part, {}, 1),
    "fail": lambda db, part: parts.fail_part(db, part, {"code": "x", "detail": "x"}),
    "put back": lambda db, part: leases.put_back(db, part, "x", delay_s=0, is_error=False),
}


@pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
@pytest.mark.parametrize("late", LATE)
def test_when_the_file_has_ended_its_parts_can_do_nothing_more(database: Database, cut: Cut, late: str) -> None:
    task_id, ids = cut(2)
    (running,) = claims(database, ids[0])
    with database.transaction() as db:
        tasks.cancel(db, "local", task_id)
    with pytest.raises(LeaseLost), database.transaction() as db:
        LATE[late](db, running)
    assert claims(database, ids[1]) == []
    assert row(database, task_id)["parts_left"] == 2


@pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
@pytest.mark.parametrize("late", LATE)
def test_a_stale_fence_changes_neither_part_nor_file(database: Database, cut: Cut, late: str) -> None:
    task_id, ids = cut(2)
    (stale,) = claims(database, ids[0])
    with database.transaction() as db:
        db.execute(update(table).where(table.c.id == ids[0]).values(due_at=now()))
    with database.transaction() as db:
        assert sweep.sweep(db, after="", publish_all=False, lease_s=30, max_attempts=5).requeued == 1
    claims(database, ids[0])
    with pytest.raises(LeaseLost), database.transaction() as db:
        LATE[late](db, stale)
    there = row(database, task_id)
    assert (there["status"], there["parts_left"], there["progress"]) == ("waiting", 2, 0)


def test_a_part_that_fails_fails_its_file_for_the_same_reason(database: Database, cut: Cut) -> None:
    task_id, ids = cut(2)
    first, second = claims(database, *ids)
    with database.transaction() as db:
        parts.fail_part(db, first, {"code": "unexpected", "detail": "why"})
    failed = row(database, task_id)
    assert (failed["status"], failed["outcome"], failed["error"]["detail"]) == ("computed", "failed", "why")
    with pytest.raises(LeaseLost):
        end(database, second)


def test_a_part_that_loses_its_worker_too_often_fails_its_file(database: Database, cut: Cut) -> None:
    task_id, ids = cut(2)
    claims(database, ids[1])
    with database.transaction() as db:
        db.execute(update(table).where(table.c.id == ids[1]).values(due_at=now()))
    with database.transaction() as db:
        assert sweep.sweep(db, after="", publish_all=False, lease_s=30, max_attempts=1).given_up == 1
    assert row(database, task_id)["status"] == "waiting"
    assert look_after(database) == []
    failed = row(database, task_id)
    assert (failed["status"], failed["error"]["code"]) == ("computed", "worker_lost")


def test_a_file_that_waits_for_nothing_is_closed_all_the_same(database: Database, cut: Cut) -> None:
    task_id, ids = cut(2)
    assert look_after(database) == []
    assert row(database, task_id)["status"] == "waiting"
    for part in claims(database, *ids):
        end(database, part)
    with database.transaction() as db:  # as if the last two had each seen the other unfinished
        db.execute(update(table).where(table.c.id == task_id).values(status="waiting", parts_left=1))
    assert look_after(database) == [task_id]
    assert row(database, task_id)["status"] == "queued"


def test_parts_are_cleared_away_when_their_file_has_its_outcome_and_not_before(
    database: Database, cut: Cut, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "BATCH", 2)
    task_id, ids = cut(5)
    claims(database, ids[0])
    with database.transaction() as db:
        assert parts.delete_ended(db) == 0
        tasks.cancel(db, "local", task_id)
    assert len(kept(database)) == 5
    cleared = [-1]
    while cleared[-1]:
        with database.transaction() as db:
            cleared.append(parts.delete_ended(db))
    assert (cleared, kept(database)) == ([-1, 2, 2, 1, 0], [])


def test_what_a_file_brought_is_deleted_when_nobody_can_bring_more(database: Database, cut: Cut) -> None:
    """A worker has just checked that the part is still its own, and is about to store some of its rows."""
    if database.is_sqlite:
        pytest.skip("SQLite has one writer at a time: nobody else is about to do anything")
    task_id, ids = cut(2)
    (late,) = claims(database, ids[0])
    other = Database(database.url.render_as_string(hide_password=False))

    def delete() -> None:
        is_more = True
        while is_more:
            with other.transaction() as db:
                is_more = results.delete_some(db, task_id)

    deleting = threading.Thread(target=delete)
    with database.transaction() as db:
        leases.beat(db, late, 1, 30)
        with other.transaction() as others:
            tasks.cancel(others, "local", task_id)
        deleting.start()
        deleting.join(0.5)
        contacts.load(db, owner="local", task_id=task_id, rows=[("a@x.org", "a@x.org", "", "{}", 1)])
    deleting.join(IN_TIME_S)
    with other.reading() as db:
        assert contacts.count(db, task_id, 1, 100) == 0
    assert kept(other) == []
    other.close()


def test_a_part_that_loses_leases_is_told_of_and_is_not_counted_as_a_task(database: Database, cut: Cut) -> None:
    _, (lost, _) = cut(2)
    with database.transaction() as db:
        db.execute(update(table).where(table.c.id == lost).values(lost_leases=3))
    with database.reading() as db:
        everybodys = {each["status"]: each for each in statistics.unfinished(db)}
        (mine,) = statistics.unfinished(db, "local")
    assert {status: (each["tasks"], each["lost_leases"]) for status, each in everybodys.items()} == {
        "queued": (0, 3),
        "waiting": (1, 0),
    }
    assert everybodys["queued"]["oldest"] is None
    assert (mine["status"], mine["tasks"], mine["lost_leases"]) == ("waiting", 1, 0)
