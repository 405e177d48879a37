"""Everything that can break is really broken, and the doctor says what is wrong and what to do."""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
import uuid_utils
from sqlalchemy import update

from md5_task_data import schema
from md5_task_data.bucket.folder import Bucket
from md5_task_data.database.engine import Database
from md5_task_data.log.shared_log import SharedLog
from md5_task_data.upkeep import doctor, orphans
from md5_task_data.upkeep.doctor import examine
from tests.bucket import store
from tests.databases import new_sqlite

NewTask = Callable[..., str]


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with closing(Database(new_sqlite(tmp_path / "md5.sqlite3"))) as database:
        yield database


@pytest.fixture
def log(database: Database, path: Path) -> SharedLog:
    return SharedLog(database, path, keep_uploads_s=60)


@pytest.fixture
def found(database: Database, bucket: Bucket, path: Path) -> Callable[[], list[tuple[str, str]]]:
    return lambda: [(finding.code, finding.about) for finding in examine(database, bucket, path)]


Found = Callable[[], list[tuple[str, str]]]


@pytest.fixture
def whole(bucket: Bucket, log: SharedLog, new_task: NewTask, end_task: NewTask, found: Found) -> list[str]:
    """A queued task, a finished one whose bytes are stored, and one whose bytes are not: nothing is wrong."""
    ids = [new_task(), end_task(), end_task()]
    for task_id in ids[:2]:
        store(bucket, task_id)
    log.flush()
    with log._database.transaction() as db:
        db.execute(update(schema.tasks).where(schema.tasks.c.id == ids[2]).values(due_at=None))
    assert found() == []
    return ids


def test_rows_without_their_bytes(
    bucket: Bucket, whole: list[str], found: Found, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "BATCH", 1)  # page after page
    bucket.delete(whole[0])
    bucket.file(whole[1]).write_bytes(b"ab")
    assert found() == [("bytes_missing", whole[0]), ("bytes_differ", whole[1])]


def test_a_task_whose_bytes_go_while_it_is_looked_at_is_no_finding(
    database: Database, bucket: Bucket, whole: list[str], found: Found, monkeypatch: pytest.MonkeyPatch
) -> None:
    def expires(self: Bucket, task_id: str) -> object:
        looked_at.append(task_id)
        if task_id == whole[1]:
            self.delete(task_id)
            with database.transaction() as db:
                db.execute(update(schema.tasks).where(schema.tasks.c.id == task_id).values(due_at=None))
        return real(self, task_id)

    looked_at: list[str] = []
    real = Bucket.open
    monkeypatch.setattr(Bucket, "open", expires)
    assert found() == []
    assert whole[1] in looked_at


def test_bytes_without_rows(bucket: Bucket, whole: list[str], found: Found, monkeypatch: pytest.MonkeyPatch) -> None:
    half, nobodys = str(uuid_utils.uuid7()), store(bucket)
    bucket.receive(half)
    store(bucket, whole[2])
    assert found() == []  # they may still be arriving
    monkeypatch.setattr(doctor, "JUST_STORED_S", -60)
    monkeypatch.setattr(doctor, "STILL_COMING_S", -60)
    assert sorted(found()) == sorted([("half_received", half), ("row_missing", nobodys), ("row_missing", whole[2])])


@pytest.mark.usefixtures("whole")
def test_a_log_that_was_changed_cut_lost_or_that_knows_more(
    log: SharedLog, path: Path, found: Found, end_task: NewTask, bucket: Bucket
) -> None:
    right = path.read_bytes()
    path.write_bytes(right.replace(b"cancelled", b"done", 1))
    assert found() == [("log_differs", str(path))]
    path.write_bytes(right[: right.index(b"\n") + 1])
    assert found() == [("log_differs", str(path))]
    path.unlink()
    assert found() == [("log_missing", str(path))]
    store(bucket, end_task())
    log.flush()  # as the advice says
    assert path.read_bytes().startswith(right)
    assert found() == []
    path.write_bytes(path.read_bytes() + b"of a later time\n")
    assert found() == [("log_differs", str(path))]  # no line of any log
    store(bucket, end_task())
    log.flush()
    assert found() == [("log_ahead", str(path))]  # it was saved, and nobody has checked it yet


def test_a_database_of_an_older_moment(tmp_path: Path, bucket: Bucket, whole: list[str], path: Path) -> None:
    other = Database(new_sqlite(tmp_path / "other.sqlite3"))
    codes = {finding.code for finding in examine(other, bucket, path)}
    assert {"log_differs", "log_ahead"} <= codes
    assert orphans.is_restored(other, path)
    other.close()
