"""Whose turn it is in a lane: no flood of one owner keeps another one waiting for longer than the work that is running.

A message is a turn, and no more: what its worker then does is decided here, on the rows. In `large` the turn is had by the owner
at whose tasks the fewest workers are; where that is several, by the next one after whom this worker served last, in the order of
their names; and his oldest task is done. In `work` what the message names is done, for it takes no time; but where that had
to wait, the next owner has a turn right after it. A row that is taken so needs no message of its own any more, and its message,
when it comes, is another's turn: there are always as many of them as there are rows that wait.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import CTE, ColumnElement, Connection, ScalarSelect, Select, and_, bindparam, exists, func, or_, select

from md5_task_data.queue import leases
from md5_task_data.queue.hints import LARGE, MOST_TOGETHER, NEEDED, WORK, goes_together
from md5_task_data.queue.leases import Claim
from md5_task_data.schema import SECOND, UNFINISHED, tasks
from md5_task_data.sql import searched_now

A_WHILE = SECOND // 4  # who waits no longer in `work` is not kept waiting by anybody

BY_TURN = "ix_tasks_status_lane_turn_of_id"

_parent = tasks.alias("parent")
_HERE = and_(UNFINISHED, tasks.c.lane == bindparam("lane"))
_WAITS = and_(_HERE, tasks.c.status == "queued")
_IS_READY = and_(
    or_(tasks.c.hints > 0, tasks.c.due_at <= searched_now()),  # else it is to wait for longer: something was away
    or_(tasks.c.parent_id.is_(None), exists().where(_parent.c.id == tasks.c.parent_id, _parent.c.status == "waiting")),
    tasks.c.id.not_in(bindparam("tried", expanding=True)),
    leases.IS_KNOWN,
)


def _by_index(query: Select[Any]) -> Select[Any]:
    """MariaDB would rather read all rows."""
    return query.with_hint(tasks, f"FORCE INDEX ({BY_TURN})", "mariadb").with_hint(
        tasks, f"FORCE INDEX ({BY_TURN})", "mysql"
    )


def _following(after: ColumnElement[bool]) -> ScalarSelect[str]:
    found = select(tasks.c.turn_of).where(_WAITS, after).order_by(tasks.c.turn_of).limit(1)
    return found.scalar_subquery()


def _owners() -> CTE:
    """Of what waits; the index is asked for one after the other, which costs a step for each owner, not for each row."""
    first = select(_following(tasks.c.turn_of.is_not(None)).label("owner")).cte("owners", recursive=True)
    following = _following(tasks.c.turn_of > first.c.owner)
    return first.union_all(select(following).where(first.c.owner.is_not(None)))


def _owners_on_mariadb() -> CTE:
    """The same from the index alone: steps as those above it would take for each row, and for each owner once."""
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
    """What a worker is to do that takes a message of this lane, and served the owner `last` before."""
    claims = leases.claim(db, task_ids, lease_s) if lane == WORK else claim_next(db, LARGE, lease_s, last)
    if len(claims) < len(task_ids):  # a message of `large` names one
        leases.leave(db, task_ids)
    return claims


def claim_next(db: Connection, lane: str, lease_s: float, last: str) -> list[Claim]:
    """The task of the owner whose turn it is, or as many as go together; none where nobody waits."""
    tried: set[str] = set()  # of which others are at
    while waiting := _in_turn(db, lane, last, tried):
        for owner, oldest in waiting:
            if claims := leases.claim(db, _together(db, lane, owner, oldest, tried), lease_s):
                return claims
            tried.add(oldest)
    return []


def has_waited(claims: Iterable[Claim]) -> bool:
    """Whether there is more to do in `work` than its workers can do at once."""
    return any(claim.waited > A_WHILE for claim in claims)


def _in_turn(db: Connection, lane: str, last: str, tried: Iterable[str]) -> list[tuple[str, str]]:
    """The owners of what waits, each with his oldest task."""
    query = _WAITING if db.dialect.name in ("postgresql", "sqlite") else _WAITING_ON_MARIADB
    found = db.execute(query, {"lane": lane, "tried": list(tried)})
    rows = [row for row in found if row.oldest is not None]
    rows.sort(key=lambda row: (row.running if lane == LARGE else 0, row.owner <= last, row.owner))
    return [(row.owner, row.oldest) for row in rows]


def _together(db: Connection, lane: str, owner: str, oldest: str, tried: Iterable[str]) -> Sequence[str]:
    """The oldest, and what goes with it."""
    if lane == LARGE:
        return [oldest]
    given = {"lane": lane, "owner": owner, "oldest": oldest, "tried": list(tried)}
    rows = db.execute(_OF_OWNER, given).mappings().all()
    together = [row["id"] for row in rows if goes_together(row)]
    return together if oldest in together else [oldest]
