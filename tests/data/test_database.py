"""The two ways to use a database, with many writers at once."""

import os
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable

import pytest
from sqlalchemy import insert, select

from md5_task_data import database as module
from md5_task_data import tasks
from md5_task_data.database import Database
from md5_task_data.errors import DependencyAway, StorageFull
from md5_task_data.schema import tasks as table

NewTask = Callable[..., str]
WRITER = """
import sys
import uuid_utils
from md5_task_data import tasks
from md5_task_data.database import Database
database = Database(sys.argv[1])
for _ in range(100):
    with database.transaction() as db:
        tasks.create(db, tasks.NewTask(str(uuid_utils.uuid7()), "local", "md5", "x", 1))
"""


def test_no_write_of_many_processes_is_lost(database: Database) -> None:
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, str(database.url)]) for _ in range(4)]
    assert [writer.wait(60) for writer in writers] == [0] * 4
    with database.reading() as db:
        assert len(db.execute(select(table.c.id)).all()) == 400


def test_an_exception_rolls_all_back(database: Database, new_task: NewTask) -> None:
    task_id = new_task()
    with pytest.raises(ZeroDivisionError), database.transaction() as db:
        tasks.cancel(db, "local", task_id)
        raise ZeroDivisionError
    with database.reading() as db:
        assert tasks.get(db, "local", task_id)["outcome"] is None


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
    monkeypatch.setattr(module, "BUSY_TIMEOUT_S", 0.2)
    other = Database(str(database.url))  # of another process, in effect
    for holder in (database, other):
        open_files, threads = len(os.listdir("/proc/self/fd")), threading.active_count()
        with holder.transaction():
            for _ in range(20):
                began = time.monotonic()
                with pytest.raises(DependencyAway, match="have been writing"), database.transaction():
                    raise AssertionError("two writers at once")
                assert time.monotonic() - began < 5
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


@pytest.mark.parametrize("url", ["sqlite:////no/such/folder/x.sqlite3", "postgresql://nobody@127.0.0.1:9/none"])
def test_a_database_that_is_not_there_is_an_outage(url: str) -> None:
    with pytest.raises(DependencyAway), Database(url).transaction():
        pass
