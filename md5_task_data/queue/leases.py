"""What workers do to a task: claim, beat, finish, fail, put back.

Every operation checks the state from which it moves a row, under the fence of the claim, and changes nothing else. If
the row is in another state, the worker gets LeaseLost and must not change anything more.
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

MAX_HISTORY = 200  # entries stored in a row


class Slice(NamedTuple):
    """The position of a part in its file: offset and size in bytes, and the number of its first line, from 1."""

    offset: int
    size: int
    line: int


@dataclass(frozen=True)
class Claim:
    """A task that is ours until its lease expires; `fence` proves it. `content`: its bytes, if they are stored in the
    database; otherwise they are in the bucket."""

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
    parts_left: int | None  # 0: all parts have finished, and the work is to close the file
    plan: Mapping[str, Any] | None
    waited: int = 0  # microseconds since it was created
    content: bytes | None = field(default=None, compare=False, repr=False)
    part: Slice | None = (
        None  # for a part: its position in the parent's file; owner, params and plan are then the parent's, too
    )
    ended: Sequence[Mapping[str, Any]] = field(default=(), repr=False)  # for a file to close: the results of its parts

    @property
    def file_id(self) -> str:
        """The task whose bytes these are."""
        return self.parent_id or self.id


def take(db: Connection, *conditions: ColumnElement[bool], limit: int | None = None) -> Sequence[RowMapping]:
    """The one primitive, the same on PostgreSQL, MariaDB and SQLite (which locks the whole database): the matching rows
    that nobody else has locked, locked in id order, with the clock as `now`."""
    query = select(tasks, now().label("now")).where(*conditions).order_by(tasks.c.id).limit(limit)
    return db.execute(query.with_for_update(skip_locked=True)).mappings().all()


def take_ours(db: Connection, claim: Claim) -> RowMapping:
    """The row of a claim, as `take` returns it. Raises LeaseLost."""
    rows = take(db, _ours(claim))
    if not rows:
        raise LeaseLost(claim.id)
    return rows[0]


IS_KNOWN = tasks.c.kind.in_(KINDS)  # to this version; newer kinds are left to newer workers
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
NOT_COUNTED = "not counted, because the worker also had other files"
IN_COMPANY = -1  # lost leases of a task claimed with others: any of them may have caused the first loss
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
    """Claim those of the named tasks that are queued; of several, only those that have never been attempted. Expired leases
    are left to the sweeper, which alone counts lost ones."""
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
    """Record that the named queued tasks of unknown kinds are left to other workers; for a part, record it for its file,
    too. The sweeper repeats their hints at growing intervals."""
    here = tasks.c.id.in_(task_ids), tasks.c.status == "queued", tasks.c.left_at.is_(None), ~IS_KNOWN
    left = db.execute(select(tasks.c.id, tasks.c.parent_id).where(*here)).all()
    if ids := sorted({each for row in left for each in row if each is not None}):
        are_waiting = tasks.c.status.in_(("queued", "waiting")), tasks.c.left_at.is_(None)
        db.execute(update(tasks).where(tasks.c.id.in_(ids), *are_waiting).values(left_at=now()))


def take_up(db: Connection) -> None:
    """Make tasks that others left, and that this version knows, due at once. Called by a worker when it starts."""
    left = tasks.c.left_at.is_not(None), UNFINISHED, IS_KNOWN
    db.execute(update(tasks).where(*left, tasks.c.status == "queued").values(due_at=now(), hints=1, left_at=None))
    db.execute(update(tasks).where(*left).values(left_at=None))


def _is_whole(db: Connection, row: dict[str, Any]) -> bool:
    """Add the parent's and the part's data; False if the parent no longer waits."""
    if row["parent_id"] is not None:
        parent = db.execute(_PARENT, {"id": row["parent_id"]}).mappings().one_or_none()
        if parent is None:
            return False
        row |= {"part": Slice(row["params"]["offset"], row["size"], row["params"]["line"]), **parent}
    elif row["parts_left"] is not None:
        row["ended"] = db.scalars(_RESULTS_OF_PARTS, {"id": row["id"]}).all()
    return True


def beat(db: Connection, claim: Claim, progress: int, lease_s: float) -> None:
    """Extend the lease and store the progress (in bytes). Raises LeaseLost, which is how a worker learns of a cancel."""
    update_ours(db, claim, progress=progress, due_at=now() + microseconds(lease_s))


def finish(db: Connection, claim: Claim, result: Mapping[str, Any]) -> None:
    """Store the result. From here on it can be read, and its log line is due. Raises LeaseLost."""
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
    """As `finish`, for many tasks in one statement. Returns the claims that were lost, for which nothing was stored."""
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
    """Store why the task failed (`code` and `detail`). Raises LeaseLost."""
    update_ours(db, claim, **failed(error))


def failed(error: Mapping[str, Any]) -> dict[str, Any]:
    """The column values of a task that failed with this error; its log line is due."""
    return {"status": "computed", "outcome": "failed", "error": dict(error), "computed_at": now(), "due_at": now()}


def put_back(
    db: Connection, claim: Claim, reason: str, *, delay_s: float, is_error: bool, is_attempt: bool = True
) -> None:
    """Queue the task again after `delay_s` seconds. `is_error`: counts as an error of the task. `is_attempt=False`: does
    not count as an attempt (an orderly stop). Raises LeaseLost."""
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
    """Update the row of a claim. Raises LeaseLost, also for a part whose file no longer waits."""
    # A separate query: in one statement, MariaDB would lock the parent, too, against the order of locks.
    if claim.parent_id is not None and not db.scalar(_PARENT_WAITS, {"id": claim.parent_id}):
        raise LeaseLost(claim.id)
    if db.execute(update(tasks).where(_ours(claim)).values(**values)).rowcount != 1:
        raise LeaseLost(claim.id)


def extended(row: RowMapping, reason: str, status: str = "queued") -> list[dict[str, Any]]:
    """The row's history with one more attempt, which ended for `reason` without an outcome."""
    started = {"at": row["started_at"], "status": "running", "reason": None}
    ended = {"at": row["now"], "status": status, "reason": reason}
    return [*row["history"], started, ended][-MAX_HISTORY:]


def microseconds(seconds: float) -> int:
    return int(seconds * SECOND)
