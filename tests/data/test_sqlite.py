"""What SQLite needs beyond what every database does: a queue of its writers, and readers that wait for none of them."""

import os
import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import insert, select

from md5_task_data.database import sqlite
from md5_task_data.database.engine import Database
from md5_task_data.errors import DependencyAway, StorageFull
from md5_task_data.schema import tasks as table
from tests.client import BUSY_S
from tests.databases import new_sqlite

NewTask = Callable[..., str]


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """SQLite's alone."""
    return new_sqlite(tmp_path / "md5.sqlite3")


def test_readers_wait_for_no_writer_and_see_one_moment(database: Database, new_task: NewTask) -> None:
    new_task()
    with database.reading() as db:
        before = db.execute(select(table.c.id)).all()
        thread = threading.Thread(target=new_task)
        thread.start()
        thread.join(10)
        assert not thread.is_alive()
        assert db.execute(select(table.c.id)).all() == before


def test_a_writer_that_stands_still_holds_nobody_for_ever(
    database: Database, new_task: NewTask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "BUSY_TIMEOUT_S", 0.2)
    other = Database(str(database.url))  # of another process, in effect
    for holder in (database, other):
        open_files, threads = len(os.listdir("/proc/self/fd")), threading.active_count()
        with holder.transaction():
            for _ in range(20):
                began = time.monotonic()
                with pytest.raises(DependencyAway, match="locked by other writers"), database.transaction():
                    raise AssertionError("two writers at once")
                assert time.monotonic() - began < BUSY_S
            assert len(os.listdir("/proc/self/fd")) <= open_files + 5  # nothing piles up meanwhile
            assert threading.active_count() <= threads
    other.close()
    new_task()


def test_a_transaction_holds_the_write_lock_from_its_start(database: Database) -> None:
    """Also against those who know nothing of our queue: what was read in it cannot change before it is written."""
    outsider = sqlite3.connect(database.url.database or "", timeout=0, isolation_level=None)
    with database.transaction(), pytest.raises(sqlite3.OperationalError, match="locked"):
        outsider.execute("BEGIN IMMEDIATE")
    outsider.close()


def test_a_full_disk_is_told_apart(database: Database) -> None:
    with pytest.raises(StorageFull), database.transaction() as db:
        pages = db.exec_driver_sql("PRAGMA page_count").scalar_one()
        db.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
        row = {
            "owner": "o",
            "kind": "md5",
            "status": "queued",
            "filename": "x" * 200,
            "size": 1,
            "params": {},
            "created_at": 0,
        }
        counts = dict.fromkeys(("hints", "fence", "attempt", "lost_leases", "errors", "progress"), 0)
        for number in range(1000):
            db.execute(insert(table).values(id=f"00000000-0000-7000-8000-{number:012}", history=[], **row, **counts))
