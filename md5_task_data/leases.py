"""What workers do to a task: claim, beat, finish, fail, give back; and what the sweeper finds due.

Every operation checks the state that it moves a row from, under the fence of the claim, and moves nothing else. Whoever
finds another state gets LeaseLost and must touch nothing more.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Integer,
    RowMapping,
    Text,
    and_,
    bindparam,
    case,
    cast,
    literal,
    or_,
    select,
    update,
)

from md5_task_data.database import LATER
from md5_task_data.errors import LeaseLost
from md5_task_data.messages import Message, messages_about
from md5_task_data.schema import SECOND, UNFINISHED, as_json, contents, given, now, searched_now, tasks
from md5_task_data.tasks import FIRST_HINT_S

LONGEST_HINT_S = 600
MAX_HISTORY = 200  # entries kept in a row
BATCH = 500  # rows that one sweep transaction takes


@dataclass(frozen=True)
class Claim:
    """A task that is ours until its lease runs out; `fence` proves it. `content`: its bytes, where they are kept in the
    database; else they are in the bucket."""

    id: str
    kind: str
    filename: str
    size: int
    params: Mapping[str, Any]
    fence: int
    attempt: int
    errors: int
    traceparent: str | None
    content: bytes | None = field(default=None, compare=False, repr=False)


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


def _take(db: Connection, *conditions: ColumnElement[bool], limit: int | None = None) -> Sequence[RowMapping]:
    """The one primitive, the same on PostgreSQL, MariaDB and SQLite (which locks as a whole): the rows that nobody else
    is at, locked in id order, with the clock."""
    query = select(tasks, now().label("now")).where(*conditions).order_by(tasks.c.id).limit(limit)
    return db.execute(query.with_for_update(skip_locked=True)).mappings().all()


_ONE, _SEVERAL = (
    select(*(tasks.c[each.name] for each in fields(Claim) if each.name != "content"), contents.c.bytes.label("content"))
    .outerjoin_from(tasks, contents, contents.c.task_id == tasks.c.id)
    .where(tasks.c.id.in_(bindparam("ids", expanding=True)), tasks.c.status == "queued", untried)
    .order_by(tasks.c.id)
    .with_for_update(skip_locked=True, of=tasks)
    for untried in (literal(True), tasks.c.attempt == 0)
)
NOT_COUNTED = "it was not the only one, so this counts against nobody"
IN_COMPANY = -1  # lost leases of a task that was claimed with others: the first loss may be any neighbour's fault
_TAKEN_ALONE, _TAKEN_TOGETHER = (
    update(tasks)
    .where(tasks.c.id.in_(bindparam("ids", expanding=True)))
    .values(
        status="running",
        fence=tasks.c.fence + 1,
        attempt=tasks.c.attempt + 1,
        lost_leases=lost_leases,
        progress=0,
        started_at=now(),
        due_at=now() + bindparam("lease", type_=BigInteger),
    )
    .execution_options(**LATER)
    for lost_leases in (case((tasks.c.lost_leases < 0, 0), else_=tasks.c.lost_leases), literal(IN_COMPANY))
)


def claim(db: Connection, task_ids: Sequence[str], lease_s: float) -> list[Claim]:
    """Take those of the named tasks that are queued; of several, only what nobody has tried yet. An expired lease is the
    sweeper's: it alone counts lost ones."""
    query = _ONE if len(task_ids) == 1 else _SEVERAL
    rows = [dict(row) for row in db.execute(query, {"ids": task_ids}).mappings()]
    if rows:
        db.execute(
            _TAKEN_ALONE if len(rows) == 1 else _TAKEN_TOGETHER,
            {"ids": [row["id"] for row in rows], "lease": _microseconds(lease_s)},
        )
    for row in rows:
        row |= {"fence": row["fence"] + 1, "attempt": row["attempt"] + 1}
    return [Claim(**row) for row in rows]


def beat(db: Connection, claim: Claim, progress: int, lease_s: float) -> None:
    """Extend the lease and carry the progress (bytes) up. Raises LeaseLost: that is how a cancel comes down."""
    _update_ours(db, claim, progress=progress, due_at=now() + _microseconds(lease_s))


def finish(db: Connection, claim: Claim, result: Mapping[str, Any]) -> None:
    """Store the result; from here on it can be read, and its log line is owed. Raises LeaseLost."""
    if finish_all(db, [(claim, result)]):
        raise LeaseLost(claim.id)


_RESULTS = bindparam("results", type_=Text)
_THEIRS = and_(
    tasks.c.id.in_(bindparam("ids", expanding=True)),
    tasks.c.fence == cast(given(_RESULTS, tasks.c.id, "fence"), Integer),
)
_DONE = (
    update(tasks)
    .where(_THEIRS, tasks.c.status == "running")
    .values(
        status="computed",
        outcome="done",
        computed_at=now(),
        due_at=now(),
        progress=tasks.c.size,
        result=as_json(given(_RESULTS, tasks.c.id, "result")),
        md5=given(_RESULTS, tasks.c.id, "md5"),
    )
)
_KEPT = select(tasks.c.id).where(_THEIRS, tasks.c.outcome == "done")


def finish_all(db: Connection, results: Sequence[tuple[Claim, Mapping[str, Any]]]) -> list[Claim]:
    """As `finish`, for many in one statement. Returns those that are no longer ours, of which nothing is stored."""
    objects = {
        claim.id.replace("-", ""): {"fence": claim.fence, "result": json.dumps(found), "md5": found.get("md5")}
        for claim, found in results
    }
    given_now = {"ids": [claim.id for claim, _ in results], "results": json.dumps(objects)}
    if db.execute(_DONE, given_now).rowcount == len(results):
        return []
    kept = set(db.scalars(_KEPT, given_now))
    return [claim for claim, _ in results if claim.id not in kept]


def fail(db: Connection, claim: Claim, error: Mapping[str, Any]) -> None:
    """Store why the task cannot be done (`code` and `detail`)."""
    why = dict(error)
    _update_ours(db, claim, status="computed", outcome="failed", error=why, computed_at=now(), due_at=now())


def put_back(
    db: Connection, claim: Claim, reason: str, *, delay_s: float, is_error: bool, is_attempt: bool = True
) -> None:
    """Queue the task again after `delay_s`. `is_error` counts it against the task; without `is_attempt` (an orderly stop)
    the attempt is given back."""
    rows = _take(db, _ours(claim))
    if not rows:
        raise LeaseLost(claim.id)
    row = rows[0]
    _update_ours(
        db,
        claim,
        status="queued",
        due_at=now() + _microseconds(delay_s),
        hints=0,
        started_at=None,
        progress=0,
        errors=row["errors"] + is_error,
        attempt=row["attempt"] - (not is_attempt),
        lost_leases=max(row["lost_leases"], 0),
        history=_extended(row, reason),
    )


def restart(db: Connection) -> int:
    """Queue again whatever was being worked on, and return how much that was. Only for one who knows that no worker is
    alive: `md5-service up`, before it starts any. It counts against no task, for it was not the task that ended the
    service. A time further off than any that is ever set was written by a clock that has since been put back: it is due."""
    rows = _take(db, tasks.c.status == "running")
    for row in rows:
        values = {"status": "queued", "fence": row["fence"] + 1, "due_at": now(), "hints": 1, "started_at": None}
        history = _extended(row, "the service ended while it was at this file, and was started again")
        db.execute(update(tasks).where(tasks.c.id == row["id"]).values(**values, progress=0, history=history))
    too_far = and_(tasks.c.due_at > searched_now() + LONGEST_HINT_S * SECOND, UNFINISHED)
    db.execute(update(tasks).where(too_far).values(due_at=now()))
    return len(rows)


def sweep(db: Connection, *, after: str, publish_all: bool, lease_s: float, max_attempts: int) -> Due:
    """Move on what is due, up to BATCH rows with an id beyond `after`, in one query.

    `publish_all`: the broker's queue is empty, so every queued task needs a new message, but not those in a back-off.
    """
    horizon = searched_now() + (LONGEST_HINT_S * SECOND if publish_all else 0)
    is_due = tasks.c.due_at <= searched_now()
    was_hinted = and_(tasks.c.status == "queued", tasks.c.hints > 0)
    rows = _take(
        db,
        tasks.c.due_at <= horizon,
        tasks.c.id > after if after else literal(True),
        or_(and_(is_due, tasks.c.status.in_(("queued", "running"))), was_hinted),
        limit=BATCH,
    )
    due = Due(more=len(rows) == BATCH, last=rows[-1]["id"] if rows else "")
    waiting = [row for row in rows if row["status"] == "queued"]
    due.messages = messages_about(waiting)
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
                due.messages += messages_about([row])
                due.requeued += 1
            else:
                due.given_up += 1
    return due


def give_up(db: Connection, claim: Claim, why: str, max_attempts: int) -> None:
    """A worker that sees no way on says so before it ends; that counts as a lost lease. Raises LeaseLost."""
    rows = _take(db, _ours(claim))
    if not rows:
        raise LeaseLost(claim.id)
    _count_loss(db, rows[0], why, max_attempts, hint_s=0)


def _count_loss(db: Connection, row: RowMapping, why: str, max_attempts: int, *, hint_s: float) -> bool:
    """Count a lost lease against its task. Returns whether the task has another try; a hint for it is due in `hint_s`."""
    lost: int = row["lost_leases"] + 1
    values: dict[str, Any]
    if has_another := lost < max_attempts:
        values = {
            "status": "queued",
            "due_at": now() + _microseconds(hint_s),
            "hints": 1 if hint_s else 0,
            "started_at": None,
            "progress": 0,
            "history": _extended(row, f"{why}; {f'loss {lost} of {max_attempts}' if lost else NOT_COUNTED}"),
        }
    else:
        error = {"code": "worker_lost", "detail": f"given up after {lost} tries that did not end; the last one: {why}"}
        values = {"status": "computed", "outcome": "failed", "error": error, "computed_at": now(), "due_at": now()}
    # The fence shuts the lost worker out even where the task is not claimed again.
    mine = and_(tasks.c.id == row["id"], tasks.c.status == "running", tasks.c.fence == row["fence"])
    db.execute(update(tasks).where(mine).values(lost_leases=lost, fence=row["fence"] + 1, **values))
    return has_another


def _ours(claim: Claim) -> ColumnElement[bool]:
    return and_(tasks.c.id == claim.id, tasks.c.fence == claim.fence, tasks.c.status == "running")


def _update_ours(db: Connection, claim: Claim, **values: Any) -> None:
    if db.execute(update(tasks).where(_ours(claim)).values(**values)).rowcount != 1:
        raise LeaseLost(claim.id)


def _extended(row: RowMapping, reason: str) -> list[dict[str, Any]]:
    """The row's history with an attempt that ended early."""
    started = {"at": row["started_at"], "status": "running", "reason": None}
    queued = {"at": row["now"], "status": "queued", "reason": reason}
    return [*row["history"], started, queued][-MAX_HISTORY:]


def _microseconds(seconds: float) -> int:
    return int(seconds * SECOND)
