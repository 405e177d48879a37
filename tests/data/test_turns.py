"""Whose turn it is: however much one owner uploads, others wait only for the work in progress."""

import random
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from sqlalchemy import text, update

from md5_task_data import tasks
from md5_task_data.database.engine import Database
from md5_task_data.queue import hints, parts, turns
from md5_task_data.queue.hints import LARGE, LARGE_FILE, MOST_TOGETHER, SMALL, WORK
from md5_task_data.queue.leases import Claim, Slice
from md5_task_data.schema import tasks as table
from tests.data.steps import claim, finish, later, put_back
from tests.databases import new_sqlite

NewTask = Callable[..., str]

BIG = LARGE_FILE + 1


def turn(
    database: Database, last: str = "", named: Sequence[str] = ("00000000-0000-7000-8000-000000000000",)
) -> Claim | None:
    """What a worker of `large` does next, whatever its message names."""
    with database.transaction() as db:
        return next(iter(turns.claim(db, LARGE, named, 30, last)), None)


def extra(database: Database, last: str) -> list[Claim]:
    """What a worker of `work` does after a message that had to wait."""
    with database.transaction() as db:
        return turns.claim_next(db, WORK, 30, last)


def cut(database: Database, task_id: str, count: int) -> list[str]:
    """Cut a task into this many parts; returns their ids."""
    (mine,) = claim(database, task_id)
    with database.transaction() as db:
        made = parts.cut(db, mine, [Slice(each, 1, each) for each in range(count)], {}, count, "rows")
    return [message.task_ids[0] for message in made]


@pytest.mark.parametrize(
    ("kind", "size", "lane"),
    [
        ("md5", 0, WORK),
        ("md5", LARGE_FILE, WORK),
        ("md5", LARGE_FILE + 1, LARGE),
        ("contacts", 0, LARGE),
        ("contacts", SMALL, LARGE),
    ],
)
def test_only_what_takes_no_time_goes_by_work(kind: str, size: int, lane: str) -> None:
    assert hints.lane_of(kind, size) == lane


def test_a_flood_of_large_files_delays_nobody_by_more_than_what_is_running(
    database: Database, new_task: NewTask
) -> None:
    flood = [new_task(owner="ann", size=BIG) for _ in range(200)]
    running = [turn(database), turn(database, "ann")]  # two workers
    theirs = new_task(owner="bob", size=BIG)
    (done,) = [each for each in running if each and each.id == flood[0]]
    finish(database, done)
    after = turn(database, "ann", flood[2:3])  # whose message it is does not matter
    assert after is not None
    assert after.id == theirs


def test_one_worker_alone_serves_one_owner_after_the_other(database: Database, new_task: NewTask) -> None:
    for owner in ("ann", "bob", "cid"):
        for _ in range(3 if owner != "cid" else 1):
            new_task(owner=owner, size=BIG)
    served, last = [], ""
    while mine := turn(database, last):
        served.append(last := mine.owner)
        finish(database, mine)
    assert served == ["ann", "bob", "cid", "ann", "bob", "ann", "bob"]


def test_who_has_the_fewest_workers_is_served_first(database: Database, new_task: NewTask) -> None:
    for owner in ("ann", "bob"):
        for _ in range(8):
            new_task(owner=owner, size=BIG)
    served = []
    for _ in range(6):  # workers, none of which has served any owner yet
        mine = turn(database)
        assert mine is not None
        served.append(mine.owner)
    assert Counter(served) == {"ann": 3, "bob": 3}


def test_an_owners_files_are_done_in_the_order_in_which_they_came(database: Database, new_task: NewTask) -> None:
    ids = [new_task(size=BIG) for _ in range(5)]
    assert [mine and mine.id for mine in (turn(database) for _ in ids)] == ids


def test_the_parts_of_a_file_take_the_turns_of_its_owner(database: Database, new_task: NewTask) -> None:
    cut(database, new_task(owner="ann", kind="contacts"), 6)
    theirs = [new_task(owner="bob", size=BIG) for _ in range(2)]
    served = [turn(database) for _ in range(4)]
    assert Counter(mine and mine.owner for mine in served) == {"ann": 2, "bob": 2}
    assert {mine.id for mine in served if mine and mine.owner == "bob"} == set(theirs)


def test_parts_of_a_file_that_was_cancelled_stand_in_nobodys_way(database: Database, new_task: NewTask) -> None:
    cancelled, later_one = new_task(kind="contacts"), new_task(kind="contacts")
    cut(database, cancelled, 3)
    with database.transaction() as db:
        tasks.cancel(db, "local", cancelled)
    mine = turn(database)
    assert mine is not None
    assert mine.id == later_one
    assert turn(database) is None


def test_what_is_to_wait_for_longer_is_not_taken_before(database: Database, new_task: NewTask) -> None:
    new_task(size=BIG)
    mine = turn(database)
    assert mine is not None
    put_back(database, mine, delay_s=60)
    assert turn(database) is None
    later(database, 61)
    again = turn(database)
    assert again is not None
    assert again.id == mine.id


def test_every_message_is_a_turn_however_they_come(database: Database, new_task: NewTask) -> None:
    """There are as many messages as rows: no row is left over, and none is done twice."""
    chance = random.Random(18)
    ids = [new_task(owner=chance.choice(["ann", "bob", "cid"]), size=BIG) for _ in range(30)]
    done, last = [], ""
    for task_id in chance.sample(ids, len(ids)):
        mine = turn(database, last, [task_id])
        assert mine is not None
        last = mine.owner
        done.append(mine.id)
        if chance.random() < 0.7:
            finish(database, mine)
    assert sorted(done) == sorted(ids)
    assert turn(database, last, [ids[0]]) is None  # a message that came twice


def test_what_another_worker_is_at_is_passed_by(database: Database, new_task: NewTask) -> None:
    if database.is_sqlite:
        pytest.skip("SQLite has one writer at a time: nobody else can be at anything")
    theirs, free = new_task(size=BIG), new_task(size=BIG)
    other = Database(database.url.render_as_string(hide_password=False))
    with other.transaction() as db:
        db.execute(update(table).where(table.c.id == theirs).values(hints=2))
        mine = turn(database)  # without waiting
        assert mine is not None
        assert mine.id == free
        assert turn(database) is None
    other.close()


def test_a_message_of_work_does_what_it_names(database: Database, new_task: NewTask) -> None:
    new_task(owner="ann")
    named = [new_task(owner="bob") for _ in range(2)]
    later(database, -3600)  # so that a busy machine is quick enough
    with database.transaction() as db:
        claims = turns.claim(db, WORK, named, 30, "bob")
    assert [mine.id for mine in claims] == named
    assert not turns.has_waited(claims)


def test_after_a_message_that_had_to_wait_the_next_owner_has_a_turn(database: Database, new_task: NewTask) -> None:
    flood = [new_task(owner="ann") for _ in range(3 * MOST_TOGETHER)]
    theirs = [new_task(owner="bob") for _ in range(MOST_TOGETHER + 1)]
    later(database, 1)
    with database.transaction() as db:
        claims = turns.claim(db, WORK, flood[:MOST_TOGETHER], 30, "")
    assert turns.has_waited(claims)
    assert [mine.id for mine in extra(database, "ann")] == theirs[:-1]
    assert [mine.id for mine in extra(database, "bob")] == flood[MOST_TOGETHER : 2 * MOST_TOGETHER]


def test_what_does_not_go_together_has_a_turn_of_its_own(database: Database, new_task: NewTask) -> None:
    larger = new_task(owner="bob", size=SMALL + 1)
    tried, small = new_task(owner="bob"), new_task(owner="bob")
    (mine,) = claim(database, tried)
    put_back(database, mine, delay_s=0)
    assert [[mine.id for mine in extra(database, "ann")] for _ in range(4)] == [[larger], [tried], [small], []]


def test_a_turn_searches_the_index_and_never_reads_all_that_waits(tmp_path: Path) -> None:
    database = Database(new_sqlite(tmp_path / "plan.sqlite3"))
    asked = turns._WAITING.params(lane=LARGE, tried=[]).compile(database.engine, compile_kwargs={"literal_binds": True})
    with database.reading() as db:
        plan = [row.detail for row in db.execute(text(f"EXPLAIN QUERY PLAN {asked}"))]
    database.close()
    on_tasks = [step for step in plan if " tasks" in step]
    by_owner = f"SEARCH tasks USING INDEX {turns.BY_TURN} (status=? AND lane=? AND turn_of"
    assert len(on_tasks) == 4
    assert [step for step in on_tasks if not step.startswith(by_owner)] == []
