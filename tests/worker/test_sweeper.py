"""The sweeper and the broker: hints are sent while there is one, and nothing is lost while there is none."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from md5_service import broker
from md5_service.settings import Settings
from md5_service.worker import sweeper
from md5_task_data import leases
from md5_task_data.database import Database
from md5_task_data.errors import DependencyAway
from md5_task_data.schema import now, tasks

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
    sweeper.sweep(broker.make_celery(settings), settings, database)
    assert "1 tasks queued again" in caplog.text
    assert "the broker cannot be reached" in caplog.text


def test_an_idle_broker_gets_all_hints_again(
    database: Database, new_task: NewTask, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting = [new_task() for _ in range(3)]
    sent: list[str] = []
    monkeypatch.setattr(broker, "is_idle", lambda _: True)
    monkeypatch.setattr(broker, "publish", lambda _, task_ids: sent.extend(task_ids))
    sweeper.sweep(broker.make_celery(settings), settings, database)
    assert sent == waiting


def test_one_failure_to_send_is_enough_for_a_sweep(
    database: Database, new_task: NewTask, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = []

    def refuse(_: Any, task_ids: list[str]) -> None:
        tries.append(task_ids)
        raise DependencyAway("away")

    for _ in range(5):
        new_task()
    monkeypatch.setattr(leases, "BATCH", 2)
    monkeypatch.setattr(broker, "is_idle", lambda _: True)
    monkeypatch.setattr(broker, "publish", refuse)
    sweeper.sweep(broker.make_celery(settings), settings, database)
    assert len(tries) == 1
