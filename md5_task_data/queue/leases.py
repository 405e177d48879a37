"""What workers do to a task: claim, beat, finish, fail, give back.

Every operation checks the state that it moves a row from, under the fence of the claim, and moves nothing else. Whoever
finds another state gets LeaseLost and must touch nothing more.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, NamedTuple

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
    exists,
    func,
    literal,
    select,
    update,
)

from md5_task_data.database.options import LATER
from md5_task_data.errors import LeaseLost
from md5_task_data.registry import KINDS
from md5_task_data.schema import SECOND, UNFINISHED, Verdict, contents, tasks
from md5_task_data.sql import as_json, given, now, searched_now

MAX_HISTORY = 200  # entries kept in a row


class Slice(NamedTuple):
    """Where in its file a part is: offset and size in bytes, and the number of its first line, from 1."""

    offset: int
    size: int
    line: int


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
    owner: str
    total: int | None
    parent_id: str | None
    parts_left: int | None  # 0: all parts have ended, and what is to be done is to close it
    plan: Mapping[str, Any] | None
    waited: int = 0  # microseconds since it was handed over
    content: bytes | None = field(default=None, compare=False, repr=False)
    part: Slice | None = None  # of a part: where it is in its parent's file; owner, params, plan are its parent's, too
    ended: Sequence[Mapping[str, Any]] = field(default=(), repr=False)  # to be closed: what came of the parts

    @property
    def file_id(self) -> str:
        """Whose the bytes are."""
        return self.parent_id or self.id


def take(db: Connection, *conditions: ColumnElement[bool], limit: int | None = None) -> Sequence[RowMapping]:
    """The one primitive, the same on PostgreSQL, MariaDB and SQLite (which locks as a whole): the rows that nobody else
    is at, locked in id order, with the clock."""
    query = select(tasks, now().label("now")).where(*conditions).order_by(tasks.c.id).limit(limit)
    return db.execute(query.with_for_update(skip_locked=True)).mappings().all()


def take_ours(db: Connection, claim: Claim) -> RowMapping:
    """The row of a claim, as `take` has it. Raises LeaseLost."""
    rows = take(db, _ours(claim))
    if not rows:
        raise LeaseLost(claim.id)
    return rows[0]


IS_KNOWN = tasks.c.kind.in_(KINDS)  # to this version: what is newer is left to the workers that are
_ONE, _SEVERAL = (
    select(
        *(tasks.c[each.name] for each in fields(Claim) if each.name in tasks.c),
        contents.c.bytes.label("content"),
        (searched_now() - tasks.c.created_at).label("waited"),
    )
    .outerjoin_from(tasks, contents, contents.c.task_id == tasks.c.id)
    .where(tasks.c.id.in_(bindparam("ids", expanding=True)), tasks.c.status == "queued", IS_KNOWN, untried)
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
        progress=case((tasks.c.parts_left.is_(None), 0), else_=tasks.c.progress),
        started_at=now(),
        due_at=now() + bindparam("lease", type_=BigInteger),
        left_at=None,
    )
    .execution_options(**LATER)
    for lost_leases in (case((tasks.c.lost_leases < 0, 0), else_=tasks.c.lost_leases), literal(IN_COMPANY))
)


_PARENT = (
    select(tasks.c.owner, tasks.c.params, tasks.c.plan, contents.c.bytes.label("content"))
    .outerjoin_from(tasks, contents, contents.c.task_id == tasks.c.id)
    .where(tasks.c.id == bindparam("id"), tasks.c.status == "waiting")
)
_PARENT_WAITS = select(exists().where(tasks.c.id == bindparam("id"), tasks.c.status == "waiting"))
_RESULTS_OF_PARTS = select(tasks.c.result).where(tasks.c.parent_id == bindparam("id")).order_by(tasks.c.id)


def claim(db: Connection, task_ids: Sequence[str], lease_s: float) -> list[Claim]:
    """Take those of the named tasks that are queued; of several, only what nobody has tried yet. An expired lease is the
    sweeper's: it alone counts lost ones."""
    query = _ONE if len(task_ids) == 1 else _SEVERAL
    rows = [row for row in map(dict, db.execute(query, {"ids": task_ids}).mappings()) if _is_whole(db, row)]
    if rows:
        db.execute(
            _TAKEN_ALONE if len(rows) == 1 else _TAKEN_TOGETHER,
            {"ids": [row["id"] for row in rows], "lease": microseconds(lease_s)},
        )
    for row in rows:
        row |= {"fence": row["fence"] + 1, "attempt": row["attempt"] + 1}
    return [Claim(**row) for row in rows]


def leave(db: Connection, task_ids: Sequence[str]) -> None:
    """Write down, once, of those of the named tasks that wait, and are of a kind that nobody here knows, that they are left for
    others, and of a part also of its file. The sweeper sends their hints again, in longer and longer intervals."""
    here = tasks.c.id.in_(task_ids), tasks.c.status == "queued", tasks.c.left_at.is_(None), ~IS_KNOWN
    left = db.execute(select(tasks.c.id, tasks.c.parent_id).where(*here)).all()
    if ids := sorted({each for row in left for each in row if each is not None}):
        are_waiting = tasks.c.status.in_(("queued", "waiting")), tasks.c.left_at.is_(None)
        db.execute(update(tasks).where(tasks.c.id.in_(ids), *are_waiting).values(left_at=now()))


def take_up(db: Connection) -> None:
    """Have what others left, and this version knows, be asked about at once. For a worker that starts."""
    left = tasks.c.left_at.is_not(None), UNFINISHED, IS_KNOWN
    db.execute(update(tasks).where(*left, tasks.c.status == "queued").values(due_at=now(), hints=1, left_at=None))
    db.execute(update(tasks).where(*left).values(left_at=None))


def _is_whole(db: Connection, row: dict[str, Any]) -> bool:
    """Give the row what belongs to it elsewhere. Not: it is a part of a file that does not wait for it any more."""
    if row["parent_id"] is not None:
        parent = db.execute(_PARENT, {"id": row["parent_id"]}).mappings().one_or_none()
        if parent is None:
            return False
        row |= {"part": Slice(row["params"]["offset"], row["size"], row["params"]["line"]), **parent}
    elif row["parts_left"] is not None:
        row["ended"] = db.scalars(_RESULTS_OF_PARTS, {"id": row["id"]}).all()
    return True


def beat(db: Connection, claim: Claim, progress: int, lease_s: float) -> None:
    """Extend the lease and carry the progress (bytes) up. Raises LeaseLost: that is how a cancel comes down."""
    update_ours(db, claim, progress=progress, due_at=now() + microseconds(lease_s))


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
        progress=func.coalesce(tasks.c.total, tasks.c.size),
        result=as_json(given(_RESULTS, tasks.c.id, "result")),
        md5=given(_RESULTS, tasks.c.id, "md5"),
        verdict=given(_RESULTS, tasks.c.id, "verdict"),
    )
)
_KEPT = select(tasks.c.id).where(_THEIRS, tasks.c.outcome == "done")


def finish_all(db: Connection, results: Sequence[tuple[Claim, Mapping[str, Any]]]) -> list[Claim]:
    """As `finish`, for many in one statement. Returns those that are no longer ours, of which nothing is stored."""
    objects = {
        claim.id.replace("-", ""): {
            "fence": claim.fence,
            "result": json.dumps(found),
            "md5": found.get("md5"),
            "verdict": _verdict(found),
        }
        for claim, found in results
    }
    given_now = {"ids": [claim.id for claim, _ in results], "results": json.dumps(objects)}
    if db.execute(_DONE, given_now).rowcount == len(results):
        return []
    kept = set(db.scalars(_KEPT, given_now))
    return [claim for claim, _ in results if claim.id not in kept]


def _verdict(result: Mapping[str, Any]) -> Verdict:
    match result.get("match"):
        case True:
            return "match"
        case False:
            return "mismatch"
        case _:
            return "none"


def fail(db: Connection, claim: Claim, error: Mapping[str, Any]) -> None:
    """Store why the task cannot be done (`code` and `detail`)."""
    update_ours(db, claim, **failed(error))


def failed(error: Mapping[str, Any]) -> dict[str, Any]:
    """What a row says that has failed so; its log line is owed."""
    return {"status": "computed", "outcome": "failed", "error": dict(error), "computed_at": now(), "due_at": now()}


def put_back(
    db: Connection, claim: Claim, reason: str, *, delay_s: float, is_error: bool, is_attempt: bool = True
) -> None:
    """Queue the task again after `delay_s`. `is_error` counts it against the task; without `is_attempt` (an orderly stop)
    the attempt is given back."""
    row = take_ours(db, claim)
    update_ours(
        db,
        claim,
        status="queued",
        due_at=now() + microseconds(delay_s),
        hints=0,
        started_at=None,
        progress=0,
        errors=row["errors"] + is_error,
        attempt=row["attempt"] - (not is_attempt),
        lost_leases=max(row["lost_leases"], 0),
        history=extended(row, reason),
    )


def _ours(claim: Claim) -> ColumnElement[bool]:
    return and_(tasks.c.id == claim.id, tasks.c.fence == claim.fence, tasks.c.status == "running")


def update_ours(db: Connection, claim: Claim, **values: Any) -> None:
    """Raises LeaseLost, also for a part of a file that does not wait for it any more."""
    # Asked before, and not in the same statement: MariaDB would lock the parent, which comes later in the order of locks.
    if claim.parent_id is not None and not db.scalar(_PARENT_WAITS, {"id": claim.parent_id}):
        raise LeaseLost(claim.id)
    if db.execute(update(tasks).where(_ours(claim)).values(**values)).rowcount != 1:
        raise LeaseLost(claim.id)


def extended(row: RowMapping, reason: str, status: str = "queued") -> list[dict[str, Any]]:
    """The row's history with an attempt that ended so, and not with an outcome."""
    started = {"at": row["started_at"], "status": "running", "reason": None}
    ended = {"at": row["now"], "status": status, "reason": reason}
    return [*row["history"], started, ended][-MAX_HISTORY:]


def microseconds(seconds: float) -> int:
    return int(seconds * SECOND)
