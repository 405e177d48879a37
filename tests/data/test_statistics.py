"""Counts, times and delays, computed from rows."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import insert, select, text, update

from md5_task_data import migrations, schema, tasks
from md5_task_data.database.engine import Database
from md5_task_data.log import statistics
from md5_task_data.log.shared_log import LogBusy, SharedLog
from md5_task_data.queue import leases
from md5_task_data.schema import SECOND
from tests.client import held_by_a_stranger

NewTask = Callable[..., str]


def end(database: Database, task_id: str, outcome: str = "done") -> None:
    """Decide an outcome, as a worker does, or a client that cancels, without writing the line."""
    with database.transaction() as db:
        if outcome == "cancelled":
            tasks.cancel(db, "local", task_id)
            return
        [claim] = leases.claim(db, [task_id], 30)
        if outcome == "done":
            leases.finish(db, claim, {"md5": "0" * 32})
        else:
            leases.fail(db, claim, {"code": "x", "detail": "y"})


def totals(database: Database, owner: str | None = None) -> list[tuple[str, int, int]]:
    with database.reading() as db:
        return [(row["outcome"], row["tasks"], row["bytes"]) for row in statistics.ended(db, owner)]


def test_what_has_ended_is_counted_once_with_its_line(database: Database, new_task: NewTask, tmp_path: Path) -> None:
    for outcome in ("done", "done", "failed", "cancelled"):
        end(database, new_task(), outcome)
    assert totals(database) == []
    log = SharedLog(database, tmp_path / "tasks.log")
    log.flush()
    assert totals(database) == [("cancelled", 1, 3), ("done", 2, 6), ("failed", 1, 3)]
    end(database, new_task(size=1 << 40))
    new_task()
    for _ in range(3):
        log.flush()
    assert totals(database) == [("cancelled", 1, 3), ("done", 3, 6 + (1 << 40)), ("failed", 1, 3)]
    assert totals(database, "local") == totals(database)
    assert totals(database, "somebody else") == []
    with database.reading() as db:
        assert statistics.of_log(db).lines == 5
        assert statistics.of_log(db).unwritten == 0
        assert statistics.of_log(db).bytes == (tmp_path / "tasks.log").stat().st_size


def test_a_second_writer_that_ends_the_same_tasks_counts_none_again(
    database: Database, new_task: NewTask, tmp_path: Path
) -> None:
    end(database, new_task())
    first, second = (SharedLog(database, tmp_path / "tasks.log") for _ in range(2))
    head, _ = first._append_lines(0)
    for each in (first, second):
        each._settle(head)
    assert totals(database) == [("done", 1, 3)]


def test_how_often_the_log_was_locked_is_counted_with_the_next_line(
    database: Database, new_task: NewTask, tmp_path: Path
) -> None:
    log = SharedLog(database, tmp_path / "tasks.log")
    log.flush()
    end(database, new_task())
    with held_by_a_stranger(tmp_path / "tasks.log"):
        for _ in range(3):
            with pytest.raises(LogBusy):
                log.flush()
    for _ in range(2):
        log.flush()
    with database.reading() as db:
        assert statistics.of_log(db).busy == 3


def test_what_is_unfinished_and_for_how_long(database: Database, new_task: NewTask) -> None:
    ids = [new_task() for _ in range(4)]
    with database.transaction() as db:
        leases.claim(db, ids[:1], 30)
        old = update(schema.tasks).where(schema.tasks.c.id == ids[3])
        db.execute(old.values(created_at=schema.tasks.c.created_at - 100 * SECOND))
    end(database, ids[1], "cancelled")
    with database.reading() as db:
        found = {row["status"]: (row["tasks"], row["oldest"] // SECOND) for row in statistics.unfinished(db, "local")}
        assert statistics.unfinished(db, "somebody else") == []
    assert {status: count for status, (count, _) in found.items()} == {"computed": 1, "queued": 2, "running": 1}
    assert 100 <= found["queued"][1] < 160
    assert 0 <= found["computed"][1] < 60


def test_what_ended_in_which_minute_of_the_last_hour(database: Database, new_task: NewTask, tmp_path: Path) -> None:
    for outcome in ("failed", "done", "done"):
        end(database, new_task(), outcome)
    log = SharedLog(database, tmp_path / "tasks.log")
    log.flush()
    with database.transaction() as db:
        this, found = statistics.ended_per_minute(db, "local")
        assert statistics.ended_per_minute(db, "somebody else")[1] == {}
        [counted] = found
        assert counted in (this, this - 1)
        for ago in (1, 59, 60, statistics.MINUTES_KEPT - 10, statistics.MINUTES_KEPT + 1):
            row = {"owner": "local", "minute": counted - ago, "outcome": "done", "tasks": ago}
            db.execute(insert(schema.ended_minutes).values(row))
    assert found == {counted: {"done": 2, "failed": 1}}
    end(database, new_task())
    end(database, new_task(), "cancelled")  # the first of its outcome in this minute
    log.flush()
    with database.transaction() as db:
        statistics.forget_minutes(db)
    with database.reading() as db:
        now, found = statistics.ended_per_minute(db, "local")
        kept = db.scalars(select(schema.ended_minutes.c.tasks).where(schema.ended_minutes.c.minute < counted)).all()
    if now == this == counted:  # and not in the very second in which a minute ends
        assert found == {this: {"done": 3, "failed": 1, "cancelled": 1}, this - 1: {"done": 1}, this - 59: {"done": 59}}
    assert sorted(kept) == [1, 59, 60, statistics.MINUTES_KEPT - 10]


def test_a_database_of_the_first_version_is_counted_when_it_comes_up(
    database: Database, new_task: NewTask, tmp_path: Path
) -> None:
    for outcome in ("done", "done", "failed"):
        end(database, new_task(), outcome)
    SharedLog(database, tmp_path / "tasks.log").flush()
    new_task()
    with database.reading() as db:
        before = statistics.ended(db)
        _, minutes = statistics.ended_per_minute(db, "local")
    migrations.downgrade(database, "0001")
    with database.reading() as db:
        assert "totals" not in str(db.execute(text("SELECT * FROM log_head")).keys())
    migrations.upgrade(database)
    with database.reading() as db:
        assert statistics.ended(db) == before
        assert sum(sum(ended.values()) for ended in minutes.values()) == 3
        assert statistics.ended_per_minute(db, "local")[1] == minutes
        assert len(before) == 2
