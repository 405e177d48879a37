"""Bytes that no row keeps are deleted, and no others, no matter what happens at the same time."""

import os
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
import uuid_utils
from sqlalchemy import update

from md5_task_data import schema
from md5_task_data.bucket.folder import Bucket
from md5_task_data.database.engine import Database
from md5_task_data.errors import DependencyAway
from md5_task_data.log.shared_log import SharedLog
from md5_task_data.upkeep import orphans
from md5_task_data.upkeep.orphans import Orphans
from tests.bucket import names, store
from tests.databases import new_sqlite

NewTask = Callable[..., str]
AT_ONCE = -60.0  # a safe age: any file is old enough


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """One database is enough: the only statement involved is an ordinary one."""
    with closing(Database(new_sqlite(tmp_path / "md5.sqlite3"))) as database:
        yield database


@pytest.fixture
def sweeper(database: Database, bucket: Bucket, path: Path, log: SharedLog, monkeypatch: pytest.MonkeyPatch) -> Orphans:
    monkeypatch.setattr(orphans, "REST_S", 0)
    bucket.make()
    log.flush()
    return Orphans(database, bucket, path)


def test_only_bytes_that_no_row_keeps_are_deleted(
    sweeper: Orphans, database: Database, bucket: Bucket, log: SharedLog, new_task: NewTask, end_task: NewTask
) -> None:
    queued, ended, settled = new_task(), end_task(), end_task()
    log.flush()
    with database.transaction() as db:
        db.execute(update(schema.tasks).where(schema.tasks.c.id == settled).values(due_at=None))
    for task_id in (queued, ended, settled):
        store(bucket, task_id)
    store(bucket)
    bucket.receive(str(uuid_utils.uuid7()))  # by a process that was killed
    for odd in ("tmp/.nfs0001", "README", "ab/notes", f"ab/{uuid_utils.uuid7()}"[:-2] + "cd"):
        (bucket.root / odd).parent.mkdir(exist_ok=True)
        (bucket.root / odd).touch()
    before = names(bucket)
    assert sweeper.delete_some() == 0  # all files are too young
    assert names(bucket) == before
    assert sweeper.delete_some(AT_ONCE) == 3
    assert {queued, ended, ".nfs0001", "README", "notes"} <= names(bucket)
    assert len(names(bucket)) == len(before) - 3


def test_a_try_that_shares_old_bytes_is_as_young_as_it_is(sweeper: Orphans, bucket: Bucket) -> None:
    """Between its link and its row nobody may delete it, although the bytes were written long ago."""
    first = store(bucket)
    os.utime(bucket.file(first), (1, 1))
    bucket.share(first, str(uuid_utils.uuid7()))
    assert sweeper.delete_some(safe_age_s=5) == 0
    assert len(names(bucket)) == 2


def test_nothing_is_deleted_where_rows_may_be_missing(
    sweeper: Orphans, database: Database, bucket: Bucket, log: SharedLog, path: Path, end_task: NewTask
) -> None:
    """The log has more than the table: the database was restored to an older state, or is a different one."""
    end_task()
    log.flush()
    store(bucket)
    whole = path.read_bytes()
    path.write_bytes(whole + b"a line of a later time\n")
    assert sweeper.delete_some(AT_ONCE) == 0
    log.flush()  # saves what the table does not know of
    assert path.read_bytes() == whole
    assert sweeper.delete_some(AT_ONCE) == 0
    for saved in path.parent.glob("*.beyond-*"):
        saved.rename(saved.with_name("looked-at"))
    assert sweeper.delete_some(AT_ONCE) == 1


def test_a_sweep_looks_at_some_files_and_the_next_at_the_next(
    sweeper: Orphans, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(orphans, "BATCH", 10)
    for _ in range(25):
        store(bucket)
    assert [sweeper.delete_some(AT_ONCE) for _ in range(4)] == [10, 10, 5, 0]
    monkeypatch.setattr(orphans, "REST_S", 60)
    assert sweeper.delete_some(AT_ONCE) == 0
    store(bucket)
    assert sweeper.delete_some(AT_ONCE) == 0  # it rests


def test_a_bucket_that_is_away_is_looked_at_again_when_it_is_back(
    sweeper: Orphans, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(orphans, "BATCH", 1)
    for _ in range(3):
        store(bucket)
    assert sweeper.delete_some(AT_ONCE) == 1
    away = bucket.root.rename(bucket.root.with_name("away"))
    for _ in range(2):
        with pytest.raises(DependencyAway):
            sweeper.delete_some(AT_ONCE)
    away.rename(bucket.root)
    assert [sweeper.delete_some(AT_ONCE) for _ in range(2)] == [1, 1]
    assert names(bucket) == set()
