"""A backup and a restore may take any time; all other transactions have limits."""

import time

import pytest
from sqlalchemy import func, select

from md5_task_data import schema
from md5_task_data.database import limits
from md5_task_data.database.engine import Database
from md5_task_data.database.long_transactions import loading, snapshot

LIMIT_S = 1
LONGER_S = 1.3


@pytest.mark.parametrize("database_url", ["postgresql", "mariadb"], indirect=True)
def test_they_know_no_limit(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither for idling, nor for a single statement."""
    monkeypatch.setattr(limits, "STATEMENT_TIMEOUT_S", LIMIT_S)
    monkeypatch.setattr(limits, "ANSWER_TIMEOUT_S", LIMIT_S)
    database = Database(database_url)
    tasks = select(func.count()).select_from(schema.tasks)
    slow = select(func.pg_sleep(LONGER_S) if database_url.startswith("postgresql") else func.sleep(LONGER_S))
    with snapshot(database) as reading, loading(database) as writing:
        assert reading.scalar(tasks) == writing.scalar(tasks) == 0
        time.sleep(LONGER_S)
        writing.execute(slow)
        assert reading.scalar(tasks) == writing.scalar(tasks) == 0
    database.close()


def test_what_is_loaded_is_there_at_the_end_and_not_before(database: Database) -> None:
    def keys() -> object:
        with database.reading() as db:
            return db.scalar(select(func.count()).select_from(schema.api_keys))

    row = {"id": "1", "owner": "ann", "hash": "", "created_at": 1}
    with loading(database) as db:
        db.execute(schema.api_keys.insert().values(row))
        assert keys() == 0
    assert keys() == 1
    with pytest.raises(ZeroDivisionError), loading(database) as db:
        db.execute(schema.api_keys.delete())
        raise ZeroDivisionError
    assert keys() == 1
