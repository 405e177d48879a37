"""What is due: hints that must be sent again, and tasks whose worker was lost. Asked by the sweeper, and by `md5-service up`
when it starts.

As in `leases`, every operation checks the state that it moves a row from.
"""

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, RowMapping, and_, case, literal, or_, update

from md5_task_data.queue.hints import FIRST_HINT_S, Message, messages_for
from md5_task_data.queue.leases import NOT_COUNTED, Claim, extended, failed, microseconds, take, take_ours
from md5_task_data.schema import SECOND, UNFINISHED, tasks
from md5_task_data.sql import now, searched_now

LONGEST_HINT_S = 600
BATCH = 500  # rows that one sweep transaction takes


@dataclass
class Due:
    """What a sweep found: messages to send, those whose lease was lost, as they were; and how many of these are queued
    again, or given up because that came too often."""

    messages: list[Message] = field(default_factory=list)
    lost: list[RowMapping] = field(default_factory=list)
    requeued: int = 0
    given_up: int = 0
    more: bool = False
    last: str = ""


def restart(db: Connection) -> int:
    """Queue again whatever was being worked on, and return how much that was. Only for one who knows that no worker is
    alive: `md5-service up`, before it starts any. It counts against no task, for it was not the task that ended the
    service. A time further off than any that is ever set was written by a clock that has since been put back: it is due."""
    rows = take(db, tasks.c.status == "running")
    for row in rows:
        values = {"status": "queued", "fence": row["fence"] + 1, "due_at": now(), "hints": 1, "started_at": None}
        history = extended(row, "the service ended while it was at this file, and was started again")
        db.execute(update(tasks).where(tasks.c.id == row["id"]).values(**values, progress=0, history=history))
    too_far = and_(tasks.c.due_at > searched_now() + LONGEST_HINT_S * SECOND, UNFINISHED)
    db.execute(update(tasks).where(too_far).values(due_at=now()))
    return len(rows)


def hint_all(db: Connection) -> None:
    """Have the next sweep send a hint for each queued task. Only for one who knows that the broker has none of them, and that no
    worker is alive: a restore."""
    db.execute(update(tasks).where(tasks.c.status == "queued", UNFINISHED).values(due_at=now(), hints=1))


def sweep(db: Connection, *, after: str, publish_all: bool, lease_s: float, max_attempts: int) -> Due:
    """Move on what is due, up to BATCH rows with an id beyond `after`, in one query.

    `publish_all`: the broker's queue is empty, so every queued task needs a new message, but not those in a back-off, nor those
    that were left for others: however many they are, they come when they are due, and keep nobody waiting.
    """
    horizon = searched_now() + (LONGEST_HINT_S * SECOND if publish_all else 0)
    is_due = tasks.c.due_at <= searched_now()
    was_hinted = and_(tasks.c.status == "queued", tasks.c.hints > 0, tasks.c.left_at.is_(None))
    rows = take(
        db,
        tasks.c.due_at <= horizon,
        tasks.c.id > after if after else literal(True),
        or_(and_(is_due, tasks.c.status.in_(("queued", "running"))), was_hinted),
        limit=BATCH,
    )
    due = Due(more=len(rows) == BATCH, last=rows[-1]["id"] if rows else "")
    waiting = [row for row in rows if row["status"] == "queued"]
    due.messages = messages_for(waiting)
    if queued := [row["id"] for row in waiting]:
        wait_s = case((tasks.c.hints >= 5, LONGEST_HINT_S), else_=literal(FIRST_HINT_S).bitwise_lshift(tasks.c.hints))
        hinted = case((tasks.c.hints >= 5, tasks.c.hints), else_=tasks.c.hints + 1)  # enough for the longest wait
        moved = update(tasks).where(tasks.c.id.in_(queued))
        db.execute(moved.values(due_at=now() + wait_s * SECOND, hints=hinted))
    for row in rows:
        if row["status"] == "running":
            why = f"the worker ended, or showed no sign of life for {lease_s:g} s"
            due.lost.append(row)
            if _count_loss(db, row, why, max_attempts, hint_s=FIRST_HINT_S):
                due.messages += messages_for([row])
                due.requeued += 1
            else:
                due.given_up += 1
    return due


def give_up(db: Connection, claim: Claim, why: str, max_attempts: int) -> None:
    """A worker that sees no way on says so before it ends; that counts as a lost lease. Raises LeaseLost."""
    _count_loss(db, take_ours(db, claim), why, max_attempts, hint_s=0)


def _count_loss(db: Connection, row: RowMapping, why: str, max_attempts: int, *, hint_s: float) -> bool:
    """Count a lost lease against its task. Returns whether the task has another try; a hint for it is due in `hint_s`."""
    lost: int = row["lost_leases"] + 1
    values: dict[str, Any]
    if has_another := lost < max_attempts:
        values = {
            "status": "queued",
            "due_at": now() + microseconds(hint_s),
            "hints": 1 if hint_s else 0,
            "started_at": None,
            "progress": 0,
            "history": extended(row, f"{why}; {f'loss {lost} of {max_attempts}' if lost else NOT_COUNTED}"),
        }
    else:
        error = {"code": "worker_lost", "detail": f"given up after {lost} tries that did not end; the last one: {why}"}
        values = failed(error)
        # A part fails its file, too; but that is to be locked before it, and so not here: `parts.settle_due` does it.
        if row["parent_id"] is not None:
            values |= {"status": "failed", "finished_at": now(), "due_at": None}
    # The fence shuts the lost worker out even where the task is not claimed again.
    mine = and_(tasks.c.id == row["id"], tasks.c.status == "running", tasks.c.fence == row["fence"])
    db.execute(update(tasks).where(mine).values(lost_leases=lost, fence=row["fence"] + 1, **values))
    return has_another
