"""Parts: a file that is too large for one worker is cut into parts, which all workers share. A part is a task, claimed and
stored as any other; it has a parent, and no log line.

The parts, their number and the status `waiting` are committed together. Finishing a part is one transaction: its rows,
the parent's count and the part itself; the last part also queues the parent, to be closed. Parts can be claimed or
finished only while their parent waits. So whatever ends the parent earlier, a cancel or a failed part, changes only the
parent's row, and the sweeper removes the parts. Locks are taken in this order: the rows that a part brings, the parent,
the part.
"""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, delete, exists, select, update

from md5_task_data.database.bulk import insert_all
from md5_task_data.errors import LeaseLost
from md5_task_data.queue.hints import FIRST_HINT_S, LARGE, NEEDED, Message, messages_for
from md5_task_data.queue.leases import Claim, Slice, extended, failed, microseconds, take_ours, update_ours
from md5_task_data.schema import IS_PART, SECOND, UNFINISHED, Row, tasks
from md5_task_data.sql import now, searched_now

NOBODY = ""  # the owner of parts, which no client sees
LOOK_AGAIN_S = 10  # at a waiting parent
BATCH = 5000  # parts that one step deletes
_parent = tasks.alias("parent")


def cut(
    db: Connection, claim: Claim, slices: Sequence[Slice], plan: Mapping[str, Any], total: int, unit: str
) -> list[Message]:
    """Cut the file into parts for all workers; from now on its progress counts up to `total`, in `unit`. Returns the hints
    to send after the commit. Raises LeaseLost."""
    row = take_ours(db, claim)
    update_ours(
        db,
        claim,
        status="waiting",
        parts_left=len(slices),
        plan=dict(plan),
        total=total,
        unit=unit,
        progress=0,
        due_at=now() + microseconds(LOOK_AGAIN_S),
        history=extended(row, "cut into parts, shared by all workers", "waiting"),
    )
    return _insert_parts(db, claim, row, slices)


def cut_again(db: Connection, claim: Claim, slices: Sequence[Slice]) -> list[Message]:
    """Cut the last part of a file into smaller ones, which take its place. So a long file need not be read to its end before
    the work on it begins. Returns the hints to send after the commit. Raises LeaseLost."""
    _change_waiting(db, claim.file_id, parts_left=tasks.c.parts_left - 1 + len(slices), left_at=None)
    row = take_ours(db, claim)
    update_ours(db, claim, **_done({}))
    return _insert_parts(db, claim, row, slices)


def end_part(db: Connection, claim: Claim, result: Mapping[str, Any], done: int) -> list[Message]:
    """Store the result of a part and add `done` units of progress. Returns the hints to send after the commit: the last
    part makes its file due to be closed. Raises LeaseLost."""
    done_by_now = tasks.c.progress + done
    _change_waiting(db, claim.file_id, parts_left=tasks.c.parts_left - 1, progress=done_by_now, left_at=None)
    update_ours(db, claim, **_done(result))
    return _close_if_last(db, claim.file_id)


def fail_part(db: Connection, claim: Claim, error: Mapping[str, Any]) -> None:
    """Fail a part and with it the whole file. Raises LeaseLost."""
    # The parent must be locked before the part.
    db.execute(select(tasks.c.id).where(tasks.c.id == claim.file_id).with_for_update())
    update_ours(db, claim, status="failed", outcome="failed", error=dict(error), finished_at=now(), due_at=None)
    _fail_parent(db, claim.file_id, error)


def first_unfinished(db: Connection, parent: Row) -> int:
    """The offset in bytes, in the file of a task without an outcome, up to which all parts are done."""
    if parent["parts_left"] is None:
        return 0
    # In one statement: a part may move from one status to the other between two. An index finds these few rows among many.
    unfinished = tasks.c.status.in_(("queued", "running")), tasks.c.lane == LARGE, tasks.c.turn_of == parent["owner"]
    here = UNFINISHED, *unfinished, tasks.c.parent_id == parent["id"], tasks.c.id > parent["id"]
    first = db.scalar(select(tasks.c.params).where(*here).order_by(tasks.c.id).limit(1))
    return int(parent["size"] if first is None else first["offset"])


def settle_due(db: Connection) -> list[Message]:
    """Look at waiting parents that are due: fail those with a failed part whose worker was lost, and queue those that have
    no parts left. Returns the hints to send."""
    due = select(*NEEDED).where(tasks.c.due_at <= searched_now(), tasks.c.status == "waiting")
    parents = db.execute(due.order_by(tasks.c.id).limit(100).with_for_update(skip_locked=True)).mappings().all()
    messages = []
    for parent in parents:
        is_theirs = tasks.c.parent_id == parent["id"]
        why = select(tasks.c.error).where(is_theirs, tasks.c.status == "failed").order_by(tasks.c.id).limit(1)
        if (error := db.scalar(why)) is not None:
            _fail_parent(db, parent["id"], error)
        elif db.scalar(select(exists().where(is_theirs, tasks.c.finished_at.is_(None)))):
            _change_waiting(db, parent["id"], due_at=now() + LOOK_AGAIN_S * SECOND)
        else:
            _queue(db, parent["id"])
            messages += messages_for([parent])
    return messages


def delete_all(db: Connection, parent_id: str) -> None:
    """Delete the parts of a finished file; a worker that still has one of them can store nothing more."""
    db.execute(delete(tasks).where(tasks.c.parent_id == parent_id))


def delete_ended(db: Connection) -> int:
    """Delete some of the parts of parents that have an outcome; returns how many."""
    ended = (
        select(tasks.c.id)
        .join(_parent, _parent.c.id == tasks.c.parent_id)
        .where(IS_PART, _parent.c.outcome.is_not(None))
        .limit(BATCH)
    )
    ids = db.scalars(ended).all()
    if ids:
        db.execute(delete(tasks).where(tasks.c.id.in_(ids)))
    return len(ids)


def _done(result: Mapping[str, Any]) -> dict[str, Any]:
    """The column values of a part that is done."""
    return {"status": "done", "outcome": "done", "result": dict(result), "finished_at": now(), "due_at": None}


def _insert_parts(db: Connection, claim: Claim, cut: Row, slices: Sequence[Slice]) -> list[Message]:
    """Insert the parts into which the row `cut` was cut, queued; returns the hints to send after the commit."""
    due = {"created_at": cut["now"], "due_at": cut["now"] + FIRST_HINT_S * SECOND}
    shared = {name: cut[name] for name in ("kind", "filename", "traceparent")}
    first = uuid.UUID(cut["id"]).int + 1  # so that parts are locked after their parent, and sort in file order
    rows = [
        {
            **dict.fromkeys(tasks.c.keys()),
            **dict.fromkeys(("fence", "attempt", "lost_leases", "errors", "progress"), 0),
            **shared,
            **due,
            "id": str(uuid.UUID(int=first + number)),
            "parent_id": claim.file_id,
            "owner": NOBODY,
            "lane": LARGE,
            "turn_of": claim.owner,
            "status": "queued",
            "hints": 1,
            "history": [],
            "verdict": "none",
            "params": {"offset": part.offset, "line": part.line},
            "size": part.size,
        }
        for number, part in enumerate(slices)
    ]
    insert_all(db, tasks, rows)
    return messages_for(rows)


def _close_if_last(db: Connection, parent_id: str) -> list[Message]:
    """Queue the parent if no part is left; returns the hint to send after the commit."""
    query = select(*NEEDED, tasks.c.parts_left)
    parent = db.execute(query.where(tasks.c.id == parent_id)).mappings().one()
    if parent["parts_left"]:
        return []
    _queue(db, parent_id)
    return messages_for([parent])


def _fail_parent(db: Connection, parent_id: str, error: Mapping[str, Any]) -> None:
    """Raises LeaseLost if the parent no longer waits."""
    _change_waiting(db, parent_id, **failed(error))


def _queue(db: Connection, parent_id: str) -> None:
    """Queue the parent to be closed, which counts its own attempts."""
    due = now() + FIRST_HINT_S * SECOND
    anew = dict.fromkeys(("attempt", "lost_leases", "errors", "parts_left"), 0)
    _change_waiting(db, parent_id, status="queued", hints=1, started_at=None, due_at=due, **anew)


def _change_waiting(db: Connection, parent_id: str, **values: Any) -> None:
    waits = tasks.c.id == parent_id, tasks.c.status == "waiting"
    if db.execute(update(tasks).where(*waits).values(**values)).rowcount != 1:
        raise LeaseLost(parent_id)
