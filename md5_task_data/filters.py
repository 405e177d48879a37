"""The filters of a list of tasks."""

import itertools
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, and_, select

from md5_task_data import ids, registry
from md5_task_data.errors import InvalidInput
from md5_task_data.names import checked_text
from md5_task_data.schema import OUTCOMES, SECOND, STATUSES, UNFINISHED, VERDICTS, tasks

FOUND_BY_INDEX = ("md5", "verdict", "created_after", "created_before")
# An id is made when an upload begins, by the API's clock; `created_at` is set when it is stored, by the database's clock. These
# are the most, in microseconds, by which an id may be older than its task (the longest upload), and newer (two clocks).
ID_OLDER, ID_NEWER = 7 * 86400 * SECOND, 3600 * SECOND
# MariaDB would look at all tasks of an owner, newest first, though the index leads to the first of a range of ids.
_IN_ORDER = "FORCE INDEX (ix_tasks_owner_id_created_at)"

_DATE = r"\d{4}-\d\d-\d\d"
_TIME = r"(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)"
_DATE_OR_TIME = re.compile(f"{_DATE}(?:T{_TIME})?", re.ASCII | re.IGNORECASE)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def newest_first(
    columns: Iterable[ColumnElement[Any] | FromClause],
    owner: str,
    filters: Mapping[str, str | None],
    before: str | None,
) -> Select[Any]:
    """These columns of an owner's tasks that pass each filter which is not None, and have an id below `before`. Raises
    InvalidInput as `condition` does."""
    given = {name: value for name, value in filters.items() if value is not None}
    query = (
        select(*columns)
        .where(tasks.c.owner == owner, *itertools.starmap(condition, given.items()))
        .order_by(tasks.c.id.desc())
    )
    if before is not None:
        query = query.where(tasks.c.id < before)
    begins_inside = before is not None or not given.keys().isdisjoint(("created_after", "created_before"))
    if begins_inside and given.keys().isdisjoint(("md5", "status", "verdict")):  # these have indexes of their own
        for dialect in ("mysql", "mariadb"):
            query = query.with_hint(tasks, _IN_ORDER, dialect)
    return query


def condition(name: str, value: str) -> ColumnElement[bool]:
    """The condition for one filter: kind, status, filename, filename__contains (case-insensitive), md5, batch, verdict,
    created_after (inclusive) or created_before (exclusive). Raises InvalidInput for a value that no task can have."""
    value = _checked(name, value)
    if name == "filename__contains":
        return tasks.c.filename.icontains(value, autoescape=True)
    if name == "status" and value not in OUTCOMES:
        return and_(tasks.c.status == value, UNFINISHED)
    if name == "created_after":
        at = _microseconds(name, value)
        return and_(tasks.c.created_at >= at, tasks.c.id >= _first_id(at - ID_OLDER))
    if name == "created_before":
        at = _microseconds(name, value)
        return and_(tasks.c.created_at < at, tasks.c.id < _first_id(at + ID_NEWER))
    return tasks.c[name] == value


def _checked(name: str, value: str) -> str:
    allowed: dict[str, Iterable[str]] = {"kind": registry.KINDS, "status": STATUSES, "verdict": VERDICTS}
    if name in allowed and value not in allowed[name]:
        raise InvalidInput(f"The parameter {name} must be one of: {', '.join(allowed[name])}; it was {value[:40]!r}.")
    value = checked_text(name, value)
    return value.strip().lower() if name == "md5" else value


def _microseconds(name: str, value: str) -> int:
    """Since 1970, of a time as RFC 3339 writes it, or of the midnight in UTC with which a date begins."""
    try:
        if not _DATE_OR_TIME.fullmatch(value):
            raise ValueError
        at = datetime.fromisoformat(value.upper())
    except ValueError:
        raise InvalidInput(
            f"The parameter {name} must be a date, such as 2026-03-12, or a time with its offset from UTC, such as "
            f"2026-03-12T14:03:22Z; it was {value[:40]!r}."
        ) from None
    return ((at if at.tzinfo else at.replace(tzinfo=UTC)) - _EPOCH) // timedelta(microseconds=1)


def _first_id(microseconds: int) -> str:
    return ids.first_of(microseconds // 1000)
