"""Counts of tasks, how long they took, and how far behind the service is. All figures come from rows, so they are exact
over many processes and restarts.

Finished tasks are counted by the writer of the log, in the transaction that finishes them (`count`); all others are few
rows.
"""

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Insert,
    RowMapping,
    Select,
    Table,
    Update,
    and_,
    bindparam,
    case,
    delete,
    exists,
    func,
    insert,
    literal,
    select,
    update,
)

from md5_task_data.database.options import LATER
from md5_task_data.schema import IS_PART, SECOND, UNFINISHED, ended_minutes, log_head, tasks, totals
from md5_task_data.sql import now, searched_now

MINUTE = 60 * SECOND
MINUTES = 60  # covered by `ended_per_minute`
MINUTES_KEPT = 24 * 60
MOST_COUNTED = 1000  # one by one


@dataclass(frozen=True)
class Log:
    """The shared log: its lines and bytes according to the table, the bytes not yet known to be in the file, and how often
    the file was found locked."""

    lines: int
    bytes: int
    unwritten: int
    busy: int


_KEY = (tasks.c.owner, tasks.c.kind, tasks.c.outcome)
_SUMS = select(
    *_KEY,
    func.count().label("tasks"),
    func.sum(tasks.c.size).label("bytes"),
    func.coalesce(func.sum(tasks.c.computed_at - tasks.c.started_at), 0).label("work"),
    (func.max(now()) // MINUTE).label("minute"),
).group_by(*_KEY)


def count(db: Connection, ending: ColumnElement[bool], given: Mapping[str, Any]) -> None:
    """Add the tasks that are about to finish (the condition `ending` with the parameters `given`) to the totals. The caller
    holds the lock of the log's head row, so nobody else can finish them at the same time."""
    for row in db.execute(_sums(ending), given).mappings().all():
        for table in (totals, ended_minutes):
            there, added = _adding(table)
            new = {f"new_{column.name}": row[column.name] for column in table.columns}
            db.execute(there, new)
            db.execute(added, new)


@functools.cache
def _sums(ending: ColumnElement[bool]) -> Select[Any]:
    return _SUMS.where(ending)


@functools.cache
def _adding(table: Table) -> tuple[Insert, Update]:
    """The statements that make sure the row of a key exists, and that add to it."""
    new = {column.name: bindparam(f"new_{column.name}", type_=column.type) for column in table.columns}
    same = and_(*(column == new[column.name] for column in table.primary_key))
    nothing = [new[c.name] if c.primary_key else literal(0) for c in table.columns]
    there = insert(table).from_select(table.columns.keys(), select(*nothing).where(~exists().where(same)))
    added = update(table).where(same).values({c.name: c + new[c.name] for c in table.columns if not c.primary_key})
    return there.execution_options(**LATER), added.execution_options(**LATER)


def forget_minutes(db: Connection) -> None:
    """Delete the minutes of more than a day ago."""
    owners = select(totals.c.owner)  # the primary key begins with the owner
    db.execute(
        delete(ended_minutes).where(
            ended_minutes.c.owner.in_(owners), ended_minutes.c.minute < searched_now() // MINUTE - MINUTES_KEPT
        )
    )


def traced(db: Connection, ending: ColumnElement[bool], given: Mapping[str, Any]) -> Sequence[RowMapping]:
    """`id`, `kind`, `outcome`, `traceparent`, `computed_at` and `now` of the traced tasks that are about to finish."""
    columns = (tasks.c[name] for name in ("id", "kind", "outcome", "traceparent", "computed_at"))
    query = select(*columns, now().label("now")).where(ending, tasks.c.traceparent.is_not(None))
    return db.execute(query, given).mappings().all()


def ended(db: Connection, owner: str | None = None) -> Sequence[RowMapping]:
    """By `kind` and `outcome`: the number of finished `tasks`, their `bytes` and their `work` (microseconds of their last
    attempts)."""
    key = (totals.c.kind, totals.c.outcome)
    sums = [func.sum(totals.c[name]).label(name) for name in ("tasks", "bytes", "work")]
    query = select(*key, *sums).group_by(*key).order_by(*key)
    return db.execute(query if owner is None else query.where(totals.c.owner == owner)).mappings().all()


def unfinished(db: Connection, owner: str | None = None) -> Sequence[RowMapping]:
    """By `kind` and `status`: the number of unfinished `tasks`, and `oldest`, the age of the oldest in microseconds (for
    computed tasks: since they were computed). `left`: those that a worker left to others because it does not know their
    kind. `lost_leases`: the most that any of them has lost. Without an owner, `lost_leases` includes parts, which have no
    owner; `tasks` may then be 0 and `oldest` None."""
    key = (tasks.c.kind, tasks.c.status)
    since = func.min(case((~IS_PART, func.coalesce(tasks.c.computed_at, tasks.c.created_at))))
    counted = func.count(case((~IS_PART, 1))).label("tasks")
    lost = func.max(tasks.c.lost_leases).label("lost_leases")
    left = func.count(case((~IS_PART, tasks.c.left_at))).label("left")
    query = select(*key, counted, (now() - since).label("oldest"), lost, left).where(UNFINISHED)
    query = query.group_by(*key).order_by(*key)
    return db.execute(query if owner is None else query.where(tasks.c.owner == owner)).mappings().all()


def left_kinds(db: Connection) -> Sequence[str]:
    """The kinds of tasks that a worker left to others, and that no worker has claimed since."""
    left = tasks.c.left_at.is_not(None), tasks.c.status.in_(("queued", "waiting"))
    return db.scalars(select(tasks.c.kind).where(*left).distinct().order_by(tasks.c.kind)).all()


def ended_per_minute(db: Connection, owner: str) -> tuple[int, Mapping[int, Mapping[str, int]]]:
    """The number of the current minute (since 1970), and by minute and outcome the number of tasks that finished in the
    last hour."""
    this = db.execute(select(searched_now())).scalar_one() // MINUTE
    recent = ended_minutes.c.minute.between(this - MINUTES + 1, this)
    by_minute: dict[int, dict[str, int]] = {}
    for row in db.execute(select(ended_minutes).where(ended_minutes.c.owner == owner, recent)):
        by_minute.setdefault(row.minute, {})[row.outcome] = row.tasks
    return this, by_minute


def mismatches(db: Connection, owner: str) -> int:
    """How many tasks found another MD5 than was expected; MOST_COUNTED stands for more as well."""
    found = select(tasks.c.id).where(tasks.c.owner == owner, tasks.c.verdict == "mismatch").limit(MOST_COUNTED)
    return int(db.scalar(select(func.count()).select_from(found.subquery())) or 0)


def of_log(db: Connection) -> Log:
    """The figures of the shared log."""
    head = db.execute(select(log_head).where(log_head.c.id == 1)).one()
    return Log(head.seq, head.length, head.length - head.flushed, head.busy)
