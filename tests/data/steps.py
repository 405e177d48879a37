"""Single steps of a task, each in a transaction of its own."""

from typing import Any

from sqlalchemy import update

from md5_task_data import due, leases, tasks
from md5_task_data.database import Database
from md5_task_data.due import Due
from md5_task_data.leases import Claim
from md5_task_data.schema import SECOND, now
from md5_task_data.schema import tasks as table


def claim(database: Database, *task_ids: str, lease_s: float = 30) -> list[Claim]:
    with database.transaction() as db:
        return leases.claim(db, task_ids, lease_s)


def sweep(database: Database, *, publish_all: bool = False, max_attempts: int = 5, after: str = "") -> Due:
    with database.transaction() as db:
        return due.sweep(db, after=after, publish_all=publish_all, lease_s=30, max_attempts=max_attempts)


def make_due(database: Database, task_id: str, seconds: float = 0) -> None:
    with database.transaction() as db:
        db.execute(update(table).where(table.c.id == task_id).values(due_at=now() + int(seconds * SECOND)))


def row(database: Database, task_id: str) -> Any:
    with database.reading() as db:
        return tasks.get(db, "local", task_id)
