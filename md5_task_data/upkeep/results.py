"""Deletes what kinds derived from a task's file, in tables of their own, in short steps so that nobody waits long."""

from collections.abc import Sequence

from sqlalchemy import Connection, select

from md5_task_data.queue import parts
from md5_task_data.registry import KINDS
from md5_task_data.schema import tasks

PAUSE_S = (
    0.1  # between two steps, for whoever else wants to write: SQLite has one writer at a time, and no queue for it
)


def delete_some(db: Connection, task_id: str) -> bool:
    """Delete some of the rows of a finished task; returns whether more may be left. Does nothing if all are gone; leaves
    the rows of a kind that only a newer version knows."""
    parts.delete_all(db, task_id)
    kind = KINDS.get(db.scalar(select(tasks.c.kind).where(tasks.c.id == task_id)) or "")
    return kind is not None and kind.results_deleted_by is not None and kind.results_deleted_by(db, task_id)


def owed(db: Connection, task_ids: Sequence[str]) -> Sequence[str]:
    """Those of these tasks whose owner wants the results deleted."""
    return db.scalars(select(tasks.c.id).where(tasks.c.id.in_(task_ids), tasks.c.results_deleted_at.is_not(None))).all()
