"""The filters of a list of tasks."""

from collections.abc import Iterable

from sqlalchemy import ColumnElement, and_

from md5_task_data import registry
from md5_task_data.errors import InvalidInput
from md5_task_data.names import checked_text
from md5_task_data.schema import OUTCOMES, STATUSES, UNFINISHED, tasks


def condition(name: str, value: str) -> ColumnElement[bool]:
    """The condition for one filter. Raises InvalidInput for a value that no task can have."""
    value = _checked(name, value)
    if name == "filename__contains":
        return tasks.c.filename.icontains(value, autoescape=True)
    if name == "status" and value not in OUTCOMES:
        return and_(tasks.c.status == value, UNFINISHED)
    return tasks.c[name] == value


def _checked(name: str, value: str) -> str:
    allowed: dict[str, Iterable[str]] = {"kind": registry.KINDS, "status": STATUSES}
    if name in allowed and value not in allowed[name]:
        raise InvalidInput(f"The parameter {name} must be one of: {', '.join(allowed[name])}; it was {value[:40]!r}.")
    value = checked_text(name, value)
    return value.strip().lower() if name == "md5" else value
