"""The bytes of small files, stored in the database beside their tasks. They become durable with the commit that creates the
task, whereas a file in the bucket costs two more disk syncs. All other bytes are in the bucket."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from sqlalchemy import Connection, bindparam, delete, func, select, update

from md5_task_data.database.bulk import insert_all
from md5_task_data.schema import contents, tasks
from md5_task_data.sql import searched_now

BATCH = 500  # tasks whose bytes are deleted in one step

_THEIRS = select(contents).where(contents.c.task_id.in_(bindparam("ids", expanding=True)))


def add(db: Connection, by_task: Mapping[str, bytes]) -> None:
    """Store bytes, in the transaction that creates their tasks."""
    insert_all(db, contents, [{"task_id": task_id, "bytes": content} for task_id, content in by_task.items()])


def get_all(db: Connection, task_ids: Iterable[str]) -> dict[str, bytes]:
    """The bytes of those of these tasks whose bytes are in the database."""
    ids = list(task_ids)
    return {row.task_id: row.bytes for row in db.execute(_THEIRS, {"ids": ids})} if ids else {}


def sizes(db: Connection, task_ids: Iterable[str]) -> dict[str, int]:
    """The sizes in bytes of those of these tasks whose bytes are in the database."""
    query = select(contents.c.task_id, func.length(contents.c.bytes).label("size")).where(
        contents.c.task_id.in_(list(task_ids))
    )
    return {row.task_id: row.size for row in db.execute(query)}


def remove(db: Connection, task_ids: Iterable[str]) -> int:
    """Delete the bytes of these tasks from the database; returns for how many there were any."""
    return db.execute(delete(contents).where(contents.c.task_id.in_(list(task_ids)))).rowcount


def expired(db: Connection, kinds: Collection[str]) -> Sequence[str]:
    """Up to BATCH tasks of these kinds whose bytes need no longer be stored."""
    is_over = tasks.c.due_at <= searched_now(), tasks.c.finished_at.is_not(None)
    query = select(tasks.c.id).where(*is_over, tasks.c.kind.in_(kinds))
    return db.scalars(query.order_by(tasks.c.due_at).limit(BATCH)).all()


def settle_expired(db: Connection, task_ids: Sequence[str]) -> None:
    """Delete expired bytes from the database, after they were deleted from the bucket; nothing is due any more."""
    remove(db, task_ids)
    db.execute(update(tasks).where(tasks.c.id.in_(task_ids), tasks.c.finished_at.is_not(None)).values(due_at=None))
