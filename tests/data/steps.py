"""Single steps of a task, each in its own transaction."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import update

from md5_task_data import tasks
from md5_task_data.bucket import small_files
from md5_task_data.database.engine import Database
from md5_task_data.queue import leases
from md5_task_data.queue import sweep as of_rows
from md5_task_data.queue.leases import Claim
from md5_task_data.queue.sweep import Due
from md5_task_data.registry import KINDS
from md5_task_data.schema import SECOND
from md5_task_data.schema import tasks as table
from md5_task_data.sql import now

TIMES = ("created_at", "started_at", "computed_at", "finished_at", "due_at")


def claim(database: Database, *task_ids: str, lease_s: float = 30) -> list[Claim]:
    with database.transaction() as db:
        return leases.claim(db, task_ids, lease_s)


def sweep(database: Database, *, publish_all: bool = False, max_attempts: int = 5, after: str = "") -> Due:
    with database.transaction() as db:
        return of_rows.sweep(db, after=after, publish_all=publish_all, lease_s=30, max_attempts=max_attempts)


def make_due(database: Database, task_id: str, seconds: float = 0) -> None:
    with database.transaction() as db:
        db.execute(update(table).where(table.c.id == task_id).values(due_at=now() + int(seconds * SECOND)))


def row(database: Database, task_id: str) -> Any:
    with database.reading() as db:
        return tasks.get(db, "local", task_id)


def later(database: Database, seconds: float) -> None:
    """Let this much time pass: moves every time of every task that far back."""
    with database.transaction() as db:
        db.execute(update(table).values({table.c[name]: table.c[name] - int(seconds * SECOND) for name in TIMES}))


def beat(database: Database, mine: Claim, progress: int = 0, lease_s: float = 30) -> None:
    with database.transaction() as db:
        leases.beat(db, mine, progress, lease_s)


def finish(database: Database, mine: Claim) -> None:
    with database.transaction() as db:
        leases.finish(db, mine, {"md5": "0" * 32})


def put_back(database: Database, mine: Claim, *, delay_s: float) -> None:
    with database.transaction() as db:
        leases.put_back(db, mine, "an error", delay_s=delay_s, is_error=True)


def sent(found: Due) -> list[str]:
    """The ids in all messages of a sweep."""
    return [task_id for message in found.messages for task_id in message.task_ids]


def expire(database: Database) -> Sequence[str]:
    """Delete the bytes that have expired; returns their tasks."""
    with database.transaction() as db:
        gone = small_files.expired(db, KINDS)
        small_files.settle_expired(db, gone)
    return gone
