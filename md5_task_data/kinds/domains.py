"""A cache of what the DNS said about domains, shared by all workers, and a record of how long they waited for it, so that
neither one file nor one owner can tie up the workers when the DNS does not answer."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, func, select

from md5_task_data.database.bulk import delete_oldest, put_all
from md5_task_data.schema import SECOND, asked_domains, asking
from md5_task_data.sql import now, searched_now

ANSWERED_S, SILENT_S = 3600, 600  # before the DNS is asked again: after an answer, without one
PART_S, FILE_S, OWNER_S = 10, 60, 120  # of waiting for the DNS: one part, one file, all files of an owner
WINDOW_S = 600  # over which OWNER_S is counted
KEPT_S = 86400
LONGEST = 255  # characters of a name; the DNS allows no more
AT_ONCE = 500  # names in one query
BATCH = 5000  # rows that one sweep deletes


class Answer(NamedTuple):
    """An answer about a domain: why it accepts no mail, or that there was no answer. Neither: it accepts mail."""

    refusal: str | None = None
    is_silent: bool = False


def known(db: Connection, names: Iterable[str]) -> dict[str, Answer]:
    """The stored answers about these domains."""
    wanted = sorted(names)
    there = select(asked_domains.c.name, asked_domains.c.refusal, asked_domains.c.is_silent).where(
        asked_domains.c.name.in_(bindparam("names", expanding=True)), asked_domains.c.until > searched_now()
    )
    return {
        row.name: Answer(row.refusal, bool(row.is_silent))
        for start in range(0, len(wanted), AT_ONCE)
        for row in db.execute(there, {"names": wanted[start : start + AT_ONCE]})
    }


def keep(db: Connection, answers: Mapping[str, Answer]) -> None:
    """Store answers for other workers."""
    clock: int = db.execute(select(now())).scalar_one()
    rows = [
        {
            "name": name,
            "refusal": answer.refusal,
            "is_silent": int(answer.is_silent),
            "until": clock + (SILENT_S if answer.is_silent else ANSWERED_S) * SECOND,
        }
        for name, answer in sorted(answers.items())
        if len(name) <= LONGEST
    ]
    put_all(db, asked_domains, rows)


def left_s(db: Connection, owner: str, task_id: str) -> float:
    """How long, in seconds, a part of this file may still wait for the DNS."""
    spent = select(func.coalesce(func.sum(asking.c.spent), 0))
    of_file = db.scalar(spent.where(asking.c.task_id == task_id))
    of_owner = db.scalar(spent.where(asking.c.owner == owner, asking.c.at > searched_now() - WINDOW_S * SECOND))
    left = min(FILE_S * SECOND - int(of_file or 0), OWNER_S * SECOND - int(of_owner or 0), PART_S * SECOND)
    return max(0.0, left / SECOND)


def spend(db: Connection, owner: str, task_id: str, line: int, spent_s: float) -> None:
    """Record how long the part that begins in this line waited. Parts that wait at the same time do not see each other's
    time, so the limit may be exceeded a little."""
    key = {"task_id": task_id, "line": line}
    earlier = db.scalar(select(asking.c.spent).filter_by(**key)) or 0
    spent = earlier + int(spent_s * SECOND)
    put_all(db, asking, [{**key, "owner": owner, "at": db.scalar(select(now())), "spent": spent}])


def forget(db: Connection) -> None:
    """Delete some of the expired rows."""
    delete_oldest(db, asked_domains.c.until, asked_domains.c.until <= searched_now(), BATCH)
    delete_oldest(db, asking.c.at, asking.c.at <= searched_now() - KEPT_S * SECOND, BATCH)
