"""What is due: hints to repeat, and tasks whose worker was lost. Called by the sweeper, and by `md5-service up` when it
starts.

As in `leases`, every operation checks the state from which it moves a row.
"""

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, RowMapping, and_, case, literal, or_, update

from md5_task_data.queue.hints import FIRST_HINT_S, Message, messages_for
from md5_task_data.queue.leases import NOT_COUNTED, Claim, extended, failed, microseconds, take, take_ours
from md5_task_data.schema import SECOND, UNFINISHED, tasks
from md5_task_data.sql import now, searched_now

LONGEST_HINT_S = 600
BATCH = 500  # rows in one sweep transaction


@dataclass
class Due:
    """What a sweep found: the messages to send; the rows whose lease was lost, as they were before; and how many of these
    were queued again, or failed because it happened too often."""

    messages: list[Message] = field(default_factory=list)
    lost: list[RowMapping] = field(default_factory=list)
    requeued: int = 0
    given_up: int = 0
    more: bool = False
    last: str = ""


def restart(db: Connection) -> int:
    """Queue every running task again, and return how many there were. Only safe when no worker is running: `md5-service up`
    calls it before it starts any. It is not counted against any task, because no task ended the service. A due time further
    away than any that is ever set was written by a clock that has since been put back: such a task is due."""
    rows = take(db, tasks.c.status == "running")
    for row in rows:
        values = {"status": "queued", "fence": row["fence"] + 1, "due_at": now(), "hints": 1, "started_at": None}
        history = extended(row, "the service stopped during the work and was restarted")
        db.execute(update(tasks).where(tasks.c.id == row["id"]).values(**values, progress=0, history=history))
    too_far = and_(tasks.c.due_at > searched_now() + LONGEST_HINT_S * SECOND, UNFINISHED)
    db.execute(update(tasks).where(too_far).values(due_at=now()))
    return len(rows)


def hint_all(db: Connection) -> None:
    """Make the next sweep send a hint for each queued task. Only safe when the broker has no messages and no worker is
    running: after a restore."""
    db.execute(update(tasks).where(tasks.c.status == "queued", UNFINISHED).values(due_at=now(), hints=1))


def sweep(db: Connection, *, after: str, publish_all: bool, lease_s: float, max_attempts: int) -> Due:
    """Process what is due, up to BATCH rows with an id greater than `after`, found by one query.

    `publish_all`: the broker's queue is empty, so every queued task needs a new message. Tasks in a back-off and tasks
    left to other workers are excluded: they come when they are due, so that even many of them keep nobody waiting.
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
        hinted = case((tasks.c.hints >= 5, tasks.c.hints), else_=tasks.c.hints + 1)  # 5 is enough for the longest wait
        moved = update(tasks).where(tasks.c.id.in_(queued))
        db.execute(moved.values(due_at=now() + wait_s * SECOND, hints=hinted))
    for row in rows:
        if row["status"] == "running":
            why = f"the worker died or sent no heartbeat for {lease_s:g} s"
            due.lost.append(row)
            if _count_loss(db, row, why, max_attempts, hint_s=FIRST_HINT_S):
                due.messages += messages_for([row])
                due.requeued += 1
            else:
                due.given_up += 1
    return due


def give_up(db: Connection, claim: Claim, why: str, max_attempts: int) -> None:
    """Give up a claim because its work cannot go on; the worker ends after it. Counts as a lost lease. Raises LeaseLost."""
    _count_loss(db, take_ours(db, claim), why, max_attempts, hint_s=0)


def _count_loss(db: Connection, row: RowMapping, why: str, max_attempts: int, *, hint_s: float) -> bool:
    """Count a lost lease against its task. Returns whether the task will be attempted again; its hint is then due in
    `hint_s` seconds."""
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
        error = {
            "code": "worker_lost",
            "detail": f"The task was given up after {lost} attempts that did not finish. The last time, {why}.",
        }
        values = failed(error)
        # A failed part fails its file, too. But the file must be locked before the part, so `parts.settle_due` does that.
        if row["parent_id"] is not None:
            values |= {"status": "failed", "finished_at": now(), "due_at": None}
    # The fence shuts the lost worker out even where the task is not claimed again.
    mine = and_(tasks.c.id == row["id"], tasks.c.status == "running", tasks.c.fence == row["fence"])
    db.execute(update(tasks).where(mine).values(lost_leases=lost, fence=row["fence"] + 1, **values))
    return has_another
