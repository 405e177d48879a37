"""A long file is cut bit by bit, and is known to be done up to a place before all of it is."""

import pytest
from sqlalchemy import event, select

from md5_task_data import tasks
from md5_task_data.database.engine import Database
from md5_task_data.errors import LeaseLost
from md5_task_data.queue import leases, parts
from md5_task_data.queue.leases import Slice
from md5_task_data.schema import tasks as table
from tests.data.in_parts import PLAN, Cut, NewTask, claim, claims, end, row


def test_the_rest_of_a_long_file_is_cut_again_and_the_file_waits_for_all_its_parts(
    database: Database, cut: Cut
) -> None:
    task_id, ids = cut(3)
    with database.transaction() as db:
        (rest,) = leases.claim(db, [ids[2]], 30)
        hints = parts.cut_again(db, rest, [Slice(200, 30, 21), Slice(230, 30, 24), Slice(260, 40, 27)])
    more = [message.task_ids[0] for message in hints]
    assert sorted([*ids, *more]) == [*ids, *more]  # in file order
    assert row(database, task_id)["parts_left"] == 5
    again = claims(database, *more)
    assert [each.part for each in again] == [Slice(200, 30, 21), Slice(230, 30, 24), Slice(260, 40, 27)]
    assert {(each.file_id, each.owner, each.kind) for each in again} == {(task_id, "local", "contacts")}
    assert [each.plan for each in again] == [PLAN] * 3
    with pytest.raises(LeaseLost), database.transaction() as db:
        parts.cut_again(db, rest, [Slice(200, 100, 21)])  # a worker that was late
    assert row(database, task_id)["parts_left"] == 5
    closed = [hint for part in [*claims(database, *ids[:2]), *again] for hint in end(database, part)]
    assert closed == [task_id]


def test_a_file_that_has_ended_is_not_cut_again(database: Database, cut: Cut) -> None:
    task_id, ids = cut(2)
    (rest,) = claims(database, ids[1])
    with database.transaction() as db:
        tasks.cancel(db, "local", task_id)
    with pytest.raises(LeaseLost), database.transaction() as db:
        parts.cut_again(db, rest, [Slice(100, 50, 11), Slice(150, 50, 16)])
    with database.reading() as db:
        assert len(db.scalars(select(table.c.id).where(table.c.parent_id == task_id)).all()) == 2


def test_a_file_is_done_up_to_the_first_part_that_is_not(database: Database, cut: Cut, new_task: NewTask) -> None:
    def done_up_to(task_id: str) -> int:
        with database.reading() as db:
            return parts.first_unfinished(db, tasks.get(db, "local", task_id))

    other, _ = cut(2)
    task_id, ids = cut(4)
    assert done_up_to(new_task(kind="contacts")) == 0
    assert done_up_to(task_id) == 0
    first, second, third, fourth = claims(database, *ids)
    for part, expected in ((second, 0), (third, 0), (first, 300), (fourth, 400)):
        end(database, part)
        assert done_up_to(task_id) == expected
    assert done_up_to(other) == 0
    claim(database, task_id)
    assert done_up_to(task_id) == 400  # it is being closed


def test_a_part_that_is_given_back_in_that_moment_is_not_done(database: Database, cut: Cut) -> None:
    task_id, ids = cut(2)
    part, other = claims(database, *ids)
    end(database, other)

    def give_back(*_: object) -> None:
        """After whatever statement comes first."""
        with database.transaction() as db:
            leases.put_back(db, part, "the worker was stopped", delay_s=0, is_error=False)

    with database.reading() as db:
        parent = tasks.get(db, "local", task_id)
        event.listen(database.engine, "after_cursor_execute", give_back, once=True)
        assert parts.first_unfinished(db, parent) == 0
    assert row(database, ids[0], parts.NOBODY)["status"] == "queued"
