"""The sweeper and the broker: hints are sent while the broker is available, and nothing is lost while it is not."""

import dataclasses
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import func, insert, select, update

from md5_service import broker
from md5_service.settings import Settings
from md5_service.worker import sweeper
from md5_task_data import tasks as tasks_of_clients
from md5_task_data.bucket import small_files
from md5_task_data.bucket.folder import Bucket
from md5_task_data.database.engine import Database
from md5_task_data.errors import DependencyAway
from md5_task_data.kinds import phones
from md5_task_data.kinds.phones import Phone
from md5_task_data.log import statistics
from md5_task_data.log.shared_log import SharedLog
from md5_task_data.queue import leases, sweep
from md5_task_data.queue.hints import Message
from md5_task_data.registry import KINDS
from md5_task_data.schema import SECOND, ended_minutes, idempotency_keys, tasks, totals
from md5_task_data.schema import phones as phones_table
from md5_task_data.sql import now
from md5_task_data.upkeep import results
from tests.bucket import files, store

NewTask = Callable[..., str]


@pytest.fixture
def settings(database: Database, tmp_path: Path) -> Settings:
    return Settings(
        database_url=str(database.url),
        broker_url=f"redis+socket://{tmp_path}/none.sock",
        bucket_url=f"file://{tmp_path}",
        log_path=tmp_path / "tasks.log",
    )


def test_leases_end_though_the_broker_is_away(
    database: Database, new_task: NewTask, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    task_id = new_task()
    with database.transaction() as db:
        leases.claim(db, [task_id], 30)
        db.execute(update(tasks).values(due_at=now()))
    sweeper.look_after_due(broker.make_celery(settings), settings, database)
    assert "1 tasks queued again" in caplog.text
    assert "the broker is unavailable" in caplog.text


def test_an_idle_broker_gets_all_hints_again(
    database: Database, new_task: NewTask, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting = [new_task() for _ in range(3)]
    sent: list[Message] = []
    monkeypatch.setattr(broker, "is_idle", lambda _: True)
    monkeypatch.setattr(broker, "publish", lambda _, messages: sent.extend(messages))
    sweeper.look_after_due(broker.make_celery(settings), settings, database)
    assert sent == [Message(waiting)]


def test_one_failure_to_send_is_enough_for_a_sweep(
    database: Database, new_task: NewTask, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = []

    def refuse(_: Any, messages: list[Message]) -> None:
        tries.append(messages)
        raise DependencyAway("away")

    for _ in range(5):
        new_task()
    monkeypatch.setattr(sweep, "BATCH", 2)
    monkeypatch.setattr(broker, "is_idle", lambda _: True)
    monkeypatch.setattr(broker, "publish", refuse)
    sweeper.look_after_due(broker.make_celery(settings), settings, database)
    assert len(tries) == 1


@pytest.mark.shows("bytes are kept so long")
def test_bytes_are_deleted_when_they_were_kept_long_enough_and_only_then(
    database: Database, new_task: NewTask, bucket: Bucket, tmp_path: Path
) -> None:
    ended, kept, queued = (new_task() for _ in range(3))
    for task_id in (ended, kept, queued):
        store(bucket, task_id, b"abc")
    for task_id, keep_s in ((ended, 0), (kept, 60)):
        with database.transaction() as db:
            tasks_of_clients.cancel(db, "local", task_id)
        SharedLog(database, tmp_path / "tasks.log", keep_s).flush()

    away = bucket.root.rename(tmp_path / "away")
    with pytest.raises(DependencyAway):
        sweeper.delete_expired(database, bucket)
    away.rename(bucket.root)
    with database.transaction() as db:
        assert sweep.restart(db) == 0  # starting the service does not end the retention of files
    assert sweeper.delete_expired(database, bucket) == 1
    assert sweeper.delete_expired(database, bucket) == 0
    assert {path.name for path in bucket.root.rglob("*-*")} == {kept, queued}
    with database.transaction() as db:
        db.execute(update(tasks).where(tasks.c.id == kept).values(due_at=now()))
    assert sweeper.delete_expired(database, bucket) == 1
    with database.reading() as db:
        assert tasks_of_clients.get(db, "local", queued)["due_at"] is not None
        assert tasks_of_clients.get(db, "local", kept)["due_at"] is None


def test_bytes_whose_owner_deleted_them_go_though_the_api_died_before(
    database: Database, new_task: NewTask, bucket: Bucket, tmp_path: Path
) -> None:
    deleted, kept = new_task(), new_task()
    for task_id in (deleted, kept):
        store(bucket, task_id, b"abc")
        with database.transaction() as db:
            tasks_of_clients.cancel(db, "local", task_id)
    SharedLog(database, tmp_path / "tasks.log", 60).flush()
    with database.transaction() as db:
        tasks_of_clients.delete_results(db, "local", deleted)
    with database.reading() as db:
        assert set(tasks_of_clients.keeping(db, [deleted, kept])) == {kept}
    assert sweeper.delete_expired(database, bucket) == 1
    assert {path.name for path in bucket.root.rglob("*-*")} == {kept}
    with database.transaction() as db:
        tasks_of_clients.delete_results(db, "local", deleted)  # nothing is left to do
    assert sweeper.delete_expired(database, bucket) == 0


def test_many_rows_are_deleted_by_several_sweeps_so_that_nothing_else_waits(
    database: Database, bucket: Bucket, new_task: NewTask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeper, "DELETES_FOR_S", 0)
    monkeypatch.setattr(phones, "DELETED_TOGETHER", 10)
    many, few = (store(bucket, new_task(kind="phones"), b"abc") for _ in range(2))
    for task_id, count in ((many, 35), (few, 5)):
        with database.transaction() as db:
            found = [Phone(k, 1, "+14155552671", None, "US", "") for k in range(count)]
            phones.store(db, task_id, found, most=100)
            db.execute(update(tasks).where(tasks.c.id == task_id).values(finished_at=now()))
            tasks_of_clients.delete_results(db, "local", task_id)
    left = []
    for _ in range(5):
        sweeper.delete_expired(database, bucket)
        with database.reading() as db:
            left.append(db.scalar(select(func.count()).select_from(phones_table)))
    assert left == [25, 15, 5, 0, 0]
    assert files(bucket.root) == []
    with database.reading() as db:
        assert db.scalars(select(tasks.c.due_at)).all() == [None, None]


def test_a_sweep_that_deletes_many_rows_lets_others_write_in_between(
    database: Database, bucket: Bucket, new_task: NewTask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(phones, "DELETED_TOGETHER", 10)
    pauses: list[float] = []
    monkeypatch.setattr(sweeper, "time", SimpleNamespace(monotonic=time.monotonic, sleep=pauses.append))
    task_id = store(bucket, new_task(kind="phones"), b"abc")
    with database.transaction() as db:
        phones.store(db, task_id, [Phone(k, 1, "+14155552671", None, "US", "") for k in range(35)], most=100)
        db.execute(update(tasks).values(finished_at=now()))
        tasks_of_clients.delete_results(db, "local", task_id)
    assert sweeper.delete_expired(database, bucket) == 1
    assert pauses == [results.PAUSE_S] * 3


def test_who_dies_between_bytes_and_note_leaves_it_to_the_next(
    database: Database, new_task: NewTask, bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [new_task() for _ in range(3)]
    for task_id in ids:
        store(bucket, task_id, b"abc")
        with database.transaction() as db:
            tasks_of_clients.cancel(db, "local", task_id)
    SharedLog(database, tmp_path / "tasks.log").flush()
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(small_files, "settle_expired", raising_interrupt)
        sweeper.delete_expired(database, bucket)
    assert sweeper.delete_expired(database, bucket) == 3


def raising_interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def test_what_was_kept_for_a_time_is_forgotten(database: Database, new_task: NewTask) -> None:
    mine = {"owner": "local", "outcome": "done"}
    key = {"owner": "local", "task_id": new_task(), "fingerprint": None}
    with database.transaction() as db:
        this = db.scalar(select(now()))
        assert this is not None
        db.execute(insert(totals), {**mine, "kind": "md5", "tasks": 2, "bytes": 0, "work": 0})
        for minute in (this // statistics.MINUTE, this // statistics.MINUTE - statistics.MINUTES_KEPT - 2):
            db.execute(insert(ended_minutes), {**mine, "minute": minute, "tasks": 1})
        for name, expires_at in (("old", this - 3600 * SECOND), ("new", this + 3600 * SECOND)):
            db.execute(insert(idempotency_keys), {**key, "key": name, "expires_at": expires_at})
    sweeper.forget(database)
    with database.reading() as db:
        assert db.scalars(select(idempotency_keys.c.key)).all() == ["new"]
        assert db.scalar(select(func.min(ended_minutes.c.minute))) == this // statistics.MINUTE


def test_a_kind_that_cannot_forget_is_no_matter_of_the_others(
    database: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    forgotten: list[str] = []
    broken = dataclasses.replace(KINDS["md5"], forgets=lambda db: 1 / 0)
    whole = dataclasses.replace(KINDS["contacts"], forgets=lambda db: forgotten.append("contacts"))
    monkeypatch.setattr(sweeper, "KINDS", {"md5": broken, "contacts": whole})
    sweeper.forget(database)
    assert forgotten == ["contacts"]
    assert "the kind md5 failed to delete its expired rows" in caplog.text
