"""A file that is more than one worker should hold is cut into parts, which all workers share. A part is a task, claimed and
kept as every other; it has a parent, and no line in the log.

The cuts, their number and `waiting` are committed together. The end of a part is one transaction: what came of it, the
parent's count, the part itself; with the last of them the parent is queued, to be closed. Only parts of a parent that waits
can be claimed or ended: whoever ends the parent before, by a cancel or because a part failed, touches no row but the parent's,
and the sweeper clears away the rest. Locks are taken in this order: the rows that a part brings, the parent, the part.
"""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, delete, exists, select, update

from md5_task_data.database.bulk import insert_all
from md5_task_data.errors import LeaseLost
from md5_task_data.queue.hints import FIRST_HINT_S, LARGE, NEEDED, Message, messages_for
from md5_task_data.queue.leases import Claim, Slice, extended, failed, microseconds, take_ours, update_ours
from md5_task_data.schema import IS_PART, SECOND, Row, tasks
from md5_task_data.sql import now, searched_now

NOBODY = ""  # owns the parts: no client sees one
LOOK_AGAIN_S = 10  # at a parent that waits
BATCH = 5000  # parts that one step deletes
_parent = tasks.alias("parent")


def cut(
    db: Connection, claim: Claim, slices: Sequence[Slice], plan: Mapping[str, Any], total: int, unit: str
) -> list[Message]:
    """Have the file done in parts, by all workers; its progress is from now on that of `total` such units. Returns the hints to
    send once that is committed. Raises LeaseLost."""
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
        history=extended(row, f"cut into {len(slices)} parts, which all workers share", "waiting"),
    )
    return _insert_parts(db, row, slices)


def end_part(db: Connection, claim: Claim, result: Mapping[str, Any], done: int) -> list[Message]:
    """Store what came of a part, with so many units of progress. Returns the hints to send once that is committed: after the
    last one, its file is to be closed. Raises LeaseLost."""
    done_by_now = tasks.c.progress + done
    _change_waiting(db, claim.file_id, parts_left=tasks.c.parts_left - 1, progress=done_by_now, left_at=None)
    update_ours(db, claim, status="done", outcome="done", result=dict(result), finished_at=now(), due_at=None)
    return _close_if_last(db, claim.file_id)


def fail_part(db: Connection, claim: Claim, error: Mapping[str, Any]) -> None:
    """A part that cannot be done fails its whole file. Raises LeaseLost."""
    db.execute(select(tasks.c.id).where(tasks.c.id == claim.file_id).with_for_update())  # before the part
    update_ours(db, claim, status="failed", outcome="failed", error=dict(error), finished_at=now(), due_at=None)
    _fail_parent(db, claim.file_id, error)


def settle_due(db: Connection) -> list[Message]:
    """Of the parents that wait and are due to be looked at: fail those of which a part has failed with a worker that could not
    say so, and queue those that have no part left. Returns the hints to send."""
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
    """Delete the parts of a file that has ended; who was still at one of them stores nothing more from here on."""
    db.execute(delete(tasks).where(tasks.c.parent_id == parent_id))


def delete_ended(db: Connection) -> int:
    """Delete some of the parts whose parent has its outcome; returns how many."""
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


def _insert_parts(db: Connection, parent: Row, slices: Sequence[Slice]) -> list[Message]:
    """Parts of the file, queued; returns the hints to send once that is committed."""
    due = {"created_at": parent["now"], "due_at": parent["now"] + FIRST_HINT_S * SECOND}
    shared = {name: parent[name] for name in ("kind", "filename", "traceparent")}
    first = uuid.UUID(parent["id"]).int + 1  # so that they come after it in every order of locks
    rows = [
        {
            **dict.fromkeys(tasks.c.keys()),
            **dict.fromkeys(("fence", "attempt", "lost_leases", "errors", "progress"), 0),
            **shared,
            **due,
            "id": str(uuid.UUID(int=first + number)),
            "parent_id": parent["id"],
            "owner": NOBODY,
            "lane": LARGE,
            "turn_of": parent["owner"],
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
    """Queue the parent where no part is left; returns the hint to send once that is committed."""
    query = select(*NEEDED, tasks.c.parts_left)
    parent = db.execute(query.where(tasks.c.id == parent_id)).mappings().one()
    if parent["parts_left"]:
        return []
    _queue(db, parent_id)
    return messages_for([parent])


def _fail_parent(db: Connection, parent_id: str, error: Mapping[str, Any]) -> None:
    """Raises LeaseLost where it does not wait any more."""
    _change_waiting(db, parent_id, **failed(error))


def _queue(db: Connection, parent_id: str) -> None:
    """To be closed, which is work with a count of attempts of its own."""
    due = now() + FIRST_HINT_S * SECOND
    anew = dict.fromkeys(("attempt", "lost_leases", "errors", "parts_left"), 0)
    _change_waiting(db, parent_id, status="queued", hints=1, started_at=None, due_at=due, **anew)


def _change_waiting(db: Connection, parent_id: str, **values: Any) -> None:
    waits = tasks.c.id == parent_id, tasks.c.status == "waiting"
    if db.execute(update(tasks).where(*waits).values(**values)).rowcount != 1:
        raise LeaseLost(parent_id)
