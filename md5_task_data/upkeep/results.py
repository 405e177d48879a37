"""What kinds made of a task's file, in tables of their own, and how it is deleted: in short steps, so that nobody waits long."""

from collections.abc import Sequence

from sqlalchemy import Connection, select

from md5_task_data.queue import parts
from md5_task_data.registry import KINDS
from md5_task_data.schema import tasks


def delete_some(db: Connection, task_id: str) -> bool:
    """One step, of a task that has ended; returns whether there may be more. Fine when all is gone already; what a kind made that
    only a newer version knows is left to that."""
    parts.delete_all(db, task_id)
    kind = KINDS.get(db.scalar(select(tasks.c.kind).where(tasks.c.id == task_id)) or "")
    return kind is not None and kind.results_deleted_by is not None and kind.results_deleted_by(db, task_id)


def owed(db: Connection, task_ids: Sequence[str]) -> Sequence[str]:
    """Those of these tasks whose owner wants it deleted."""
    return db.scalars(select(tasks.c.id).where(tasks.c.id.in_(task_ids), tasks.c.results_deleted_at.is_not(None))).all()
