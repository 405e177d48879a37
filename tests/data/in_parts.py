"""Files in parts, and what workers do with them."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import select, update

from md5_task_data import tasks
from md5_task_data.database.engine import Database
from md5_task_data.queue import leases, parts
from md5_task_data.queue.leases import Claim
from md5_task_data.schema import tasks as table
from md5_task_data.sql import now

NewTask = Callable[..., str]
Cut = Callable[[int], tuple[str, list[str]]]
PLAN = {"delimiter": ";"}


def claim(database: Database, task_id: str) -> Claim:
    with database.transaction() as db:
        (mine,) = leases.claim(db, [task_id], 30)
    return mine


def claims(database: Database, *task_ids: str) -> list[Claim]:
    with database.transaction() as db:
        return [mine for task_id in task_ids for mine in leases.claim(db, [task_id], 30)]


def end(database: Database, part: Claim) -> list[str]:
    """Returns the ids in the resulting hints."""
    with database.transaction() as db:
        messages = parts.end_part(db, part, {"rows": part.size}, done=10)
    return [task_id for message in messages for task_id in message.task_ids]


def row(database: Database, task_id: str, owner: str = "local") -> Any:
    with database.reading() as db:
        return tasks.get(db, owner, task_id)


def look_after(database: Database) -> list[str]:
    with database.transaction() as db:
        db.execute(update(table).where(table.c.status == "waiting").values(due_at=now()))
    with database.transaction() as db:
        return [task_id for message in parts.settle_due(db) for task_id in message.task_ids]


def kept(database: Database) -> list[str]:
    with database.reading() as db:
        return list(db.scalars(select(table.c.status).where(table.c.parent_id.is_not(None))))
