"""A worker that is older than the API leaves tasks of unknown kinds to others, and says so; nothing fails because of it."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import update

from md5_task_data import tasks
from md5_task_data.bucket import small_files
from md5_task_data.database.engine import Database
from md5_task_data.log import statistics
from md5_task_data.queue import leases, parts, turns
from md5_task_data.queue import sweep as of_rows
from md5_task_data.queue.hints import LARGE, WORK
from md5_task_data.queue.leases import Claim, Slice
from md5_task_data.registry import KINDS
from md5_task_data.schema import SECOND
from md5_task_data.schema import tasks as table
from md5_task_data.upkeep import results
from tests.data.steps import finish, later, make_due, row, sent, sweep

NewTask = Callable[..., str]


@pytest.fixture
def newer(database: Database, new_task: NewTask) -> NewTask:
    """Creates a task of a kind that this version does not know, as a newer API would."""

    def make(**given: object) -> str:
        task_id = new_task(**given)
        with database.transaction() as db:
            db.execute(update(table).where(table.c.id == task_id).values(kind="newer"))
        return task_id

    return make


def claim(database: Database, lane: str, *task_ids: str) -> list[Claim]:
    with database.transaction() as db:
        return turns.claim(db, lane, task_ids, 30, "")


def test_a_task_of_a_newer_kind_is_left_for_others_and_says_so(
    database: Database, new_task: NewTask, newer: NewTask
) -> None:
    known, unknown = new_task(), newer()
    before = tasks.version(row(database, unknown))
    assert [mine.id for mine in claim(database, WORK, known, unknown)] == [known]
    left = row(database, unknown)
    assert (left["status"], left["attempt"], left["errors"], left["outcome"]) == ("queued", 0, 0, None)
    assert tasks.version(left) != before  # clients that wait for it are notified
    assert "does not know the kind newer and left it" in tasks.history(left)[-1]["reason"]
    with database.reading() as db:
        assert statistics.left_kinds(db) == ["newer"]
        counted = {counted["kind"]: counted["left"] for counted in statistics.unfinished(db)}
    assert counted == {"md5": 0, "newer": 1}

    with database.transaction() as db:  # a worker that knows it
        db.execute(update(table).where(table.c.id == unknown).values(kind="md5"))
        (mine,) = leases.claim(db, [unknown], 30)
    assert row(database, unknown)["left_at"] is None
    with database.reading() as db:
        assert statistics.left_kinds(db) == []
    finish(database, mine)


def test_its_hint_is_sent_again(database: Database, newer: NewTask) -> None:
    unknown = newer()
    assert claim(database, WORK, unknown) == []
    make_due(database, unknown)
    assert sent(sweep(database)) == [unknown]


def test_what_was_left_is_asked_about_seldom_and_keeps_nobody_waiting(
    database: Database, new_task: NewTask, newer: NewTask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many there are, and although the queue is empty: a sweep reads a limited number of rows, in id order."""
    monkeypatch.setattr(of_rows, "BATCH", 2)
    left = [newer() for _ in range(5)]
    assert claim(database, WORK, *left) == []
    left_at = row(database, left[0])["left_at"]
    forgotten = new_task()
    assert sent(sweep(database, publish_all=True)) == [forgotten]
    make_due(database, left[0])
    assert sent(sweep(database)) == [left[0]]
    assert claim(database, WORK, left[0]) == []
    again = row(database, left[0])
    assert again["left_at"] == left_at  # reported once: watchers are not notified again and again
    assert again["due_at"] - again["created_at"] > 59 * SECOND


def test_a_worker_that_knows_the_kind_takes_up_what_was_left(database: Database, newer: NewTask) -> None:
    left = newer()
    assert claim(database, WORK, left) == []
    with database.transaction() as db:
        leases.take_up(db)  # another one that does not know it
    assert row(database, left)["left_at"] is not None
    with database.transaction() as db:
        db.execute(update(table).where(table.c.id == left).values(kind="md5"))
        leases.take_up(db)
    assert row(database, left)["left_at"] is None
    assert sent(sweep(database)) == [left]


def test_a_file_says_that_its_parts_are_left(database: Database, new_task: NewTask) -> None:
    whole = new_task(kind="contacts")
    (mine,) = claim(database, LARGE, whole)
    with database.transaction() as db:
        made = [message.task_ids[0] for message in parts.cut(db, mine, [Slice(0, 1, 1), Slice(1, 1, 2)], {}, 2, "rows")]
        db.execute(update(table).values(kind="newer"))
    assert claim(database, LARGE, made[0]) == []
    assert "does not know the kind newer" in tasks.history(row(database, whole))[-1]["reason"]
    with database.transaction() as db:
        assert statistics.left_kinds(db) == ["newer"]
        assert sum(counted["left"] for counted in statistics.unfinished(db)) == 1  # files, not parts
        db.execute(update(table).values(kind="contacts"))
    (part,) = claim(database, LARGE, made[0])
    with database.transaction() as db:
        parts.end_part(db, part, {}, 1)
    assert row(database, whole)["left_at"] is None


def test_a_turn_goes_to_what_is_known(
    database: Database, new_task: NewTask, newer: NewTask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At once, however many others are left."""
    looks = Counter[str]()
    in_turn = turns._in_turn

    def counted(*given: Any) -> list[tuple[str, str]]:
        looks["looks"] += 1
        return in_turn(*given)

    monkeypatch.setattr(turns, "_in_turn", counted)
    unknown = [newer(kind="contacts", owner="ann") for _ in range(3)]
    known = new_task(kind="contacts", owner="bob")
    assert [mine.id for mine in claim(database, LARGE, unknown[0])] == [known]
    assert looks["looks"] == 1
    assert claim(database, LARGE, known) == []
    assert claim(database, LARGE, *unknown) == []
    assert looks["looks"] == 3
    with database.reading() as db:
        assert statistics.left_kinds(db) == ["newer"]


def test_what_a_newer_kind_made_is_not_forgotten_by_an_older_sweeper(database: Database, newer: NewTask) -> None:
    """Otherwise its rows would have no owner who could delete them."""
    unknown = newer()
    with database.transaction() as db:
        db.execute(
            update(table)
            .where(table.c.id == unknown)
            .values(status="done", outcome="done", finished_at=table.c.created_at, due_at=table.c.created_at)
        )
    later(database, 60)
    with database.transaction() as db:
        assert small_files.expired(db, KINDS) == []
        assert small_files.expired(db, [*KINDS, "newer"]) == [unknown]
        assert results.delete_some(db, unknown) is False
