"""Whose turn it is in a lane: a flood of one owner's tasks makes no other owner wait for longer than the work in progress
takes.

Each message gives its worker one turn; what the worker then does is decided here, from the rows. In `large`, the turn
goes to the owner with the fewest running tasks; among several, to the next one by name after the owner that this worker
served last. The owner's oldest task is claimed. In `work`, the tasks that the message names are claimed, because they
take little time; but if they had to wait, the next owner gets a turn right after. A task that is claimed on a turn no
longer needs its own message, which gives someone else a turn when it arrives: there are always as many messages as
waiting tasks.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import CTE, ColumnElement, Connection, ScalarSelect, Select, and_, bindparam, exists, func, or_, select

from md5_task_data.queue import leases
from md5_task_data.queue.hints import LARGE, MOST_TOGETHER, NEEDED, WORK, goes_together
from md5_task_data.queue.leases import Claim
from md5_task_data.schema import SECOND, UNFINISHED, tasks
from md5_task_data.sql import searched_now

A_WHILE = SECOND // 4  # microseconds; a shorter wait in `work` is not caused by other owners

BY_TURN = "ix_tasks_status_lane_turn_of_id"

_parent = tasks.alias("parent")
_HERE = and_(UNFINISHED, tasks.c.lane == bindparam("lane"))
_WAITS = and_(_HERE, tasks.c.status == "queued")
_IS_READY = and_(
    or_(tasks.c.hints > 0, tasks.c.due_at <= searched_now()),  # otherwise it is in a back-off
    or_(tasks.c.parent_id.is_(None), exists().where(_parent.c.id == tasks.c.parent_id, _parent.c.status == "waiting")),
    tasks.c.id.not_in(bindparam("tried", expanding=True)),
    leases.IS_KNOWN,
)


def _by_index(query: Select[Any]) -> Select[Any]:
    """Force the index, because MariaDB would rather read all rows."""
    return query.with_hint(tasks, f"FORCE INDEX ({BY_TURN})", "mariadb").with_hint(
        tasks, f"FORCE INDEX ({BY_TURN})", "mysql"
    )


def _following(after: ColumnElement[bool]) -> ScalarSelect[str]:
    found = select(tasks.c.turn_of).where(_WAITS, after).order_by(tasks.c.turn_of).limit(1)
    return found.scalar_subquery()


def _owners() -> CTE:
    """The owners of waiting tasks. The index is searched for one owner after the other, which costs a step per owner rather
    than per row."""
    first = select(_following(tasks.c.turn_of.is_not(None)).label("owner")).cte("owners", recursive=True)
    following = _following(tasks.c.turn_of > first.c.owner)
    return first.union_all(select(following).where(first.c.owner.is_not(None)))


def _owners_on_mariadb() -> CTE:
    """The same from the index alone: MariaDB would take the steps of `_owners` for each row, and takes these once per owner."""
    waits = tasks.c.status == "queued", tasks.c.lane == bindparam("lane"), tasks.c.turn_of.is_not(None)
    return _by_index(select(tasks.c.turn_of.label("owner")).distinct()).where(*waits).cte("owners")


def _waiting(owners: CTE) -> Select[Any]:
    is_theirs = tasks.c.turn_of == owners.c.owner
    running = _by_index(select(func.count())).where(_HERE, tasks.c.status == "running", is_theirs)
    ready = _by_index(select(tasks.c.id)).where(_WAITS, _IS_READY, is_theirs)
    oldest = ready.order_by(tasks.c.turn_of, tasks.c.id).limit(1)
    return select(
        owners.c.owner, running.scalar_subquery().label("running"), oldest.scalar_subquery().label("oldest")
    ).where(owners.c.owner.is_not(None))


_WAITING, _WAITING_ON_MARIADB = _waiting(_owners()), _waiting(_owners_on_mariadb())
_OF_OWNER = (
    select(*NEEDED)
    .where(_WAITS, _IS_READY, tasks.c.turn_of == bindparam("owner"), tasks.c.id >= bindparam("oldest"))
    .order_by(tasks.c.id)
    .limit(MOST_TOGETHER)
)


def claim(db: Connection, lane: str, task_ids: Sequence[str], lease_s: float, last: str) -> list[Claim]:
    """Claim what a worker should do that received a message of this lane and last served the owner `last`."""
    claims = leases.claim(db, task_ids, lease_s) if lane == WORK else claim_next(db, LARGE, lease_s, last)
    if len(claims) < len(task_ids):  # a message of `large` names one task
        leases.leave(db, task_ids)
    return claims


def claim_next(db: Connection, lane: str, lease_s: float, last: str) -> list[Claim]:
    """Claim the task of the owner whose turn it is, or as many as go together; an empty list if none waits."""
    tried: set[str] = set()  # tasks that others have locked
    while waiting := _in_turn(db, lane, last, tried):
        for owner, oldest in waiting:
            if claims := leases.claim(db, _together(db, lane, owner, oldest, tried), lease_s):
                return claims
            tried.add(oldest)
    return []


def has_waited(claims: Iterable[Claim]) -> bool:
    """Whether `work` has more to do than its workers can do at once."""
    return any(claim.waited > A_WHILE for claim in claims)


def _in_turn(db: Connection, lane: str, last: str, tried: Iterable[str]) -> list[tuple[str, str]]:
    """The owners of waiting tasks, in the order of their turns, each with the oldest task."""
    query = _WAITING if db.dialect.name in ("postgresql", "sqlite") else _WAITING_ON_MARIADB
    found = db.execute(query, {"lane": lane, "tried": list(tried)})
    rows = [row for row in found if row.oldest is not None]
    rows.sort(key=lambda row: (row.running if lane == LARGE else 0, row.owner <= last, row.owner))
    return [(row.owner, row.oldest) for row in rows]


def _together(db: Connection, lane: str, owner: str, oldest: str, tried: Iterable[str]) -> Sequence[str]:
    """The oldest task, and those that go with it."""
    if lane == LARGE:
        return [oldest]
    given = {"lane": lane, "owner": owner, "oldest": oldest, "tried": list(tried)}
    rows = db.execute(_OF_OWNER, given).mappings().all()
    together = [row["id"] for row in rows if goes_together(row)]
    return together if oldest in together else [oldest]
