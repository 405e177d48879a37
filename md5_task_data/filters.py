"""What a list is narrowed by, and where its next page begins."""

import base64
import binascii
import uuid
from collections.abc import Iterable

from sqlalchemy import ColumnElement, and_

from md5_task_data import kinds
from md5_task_data.errors import InvalidInput
from md5_task_data.schema import OUTCOMES, STATUSES, UNFINISHED, tasks


def condition(name: str, value: str) -> ColumnElement[bool]:
    value = checked_filter(name, value)
    if name == "filename__contains":
        return tasks.c.filename.icontains(value, autoescape=True)
    if name == "status" and value not in OUTCOMES:
        return and_(tasks.c.status == value, UNFINISHED)
    return tasks.c[name] == value


def checked_filter(name: str, value: str) -> str:
    """What is to be compared with. Raises InvalidInput."""
    allowed: dict[str, Iterable[str]] = {"kind": kinds.KINDS, "status": STATUSES}
    if name in allowed and value not in allowed[name]:
        raise InvalidInput(f"parameter {name}: {value[:40]!r}; it must be one of: {', '.join(allowed[name])}")
    if "\0" in value:
        raise InvalidInput(f"parameter {name}: the character NUL is not allowed")
    return value.strip().lower() if name == "md5" else value


def write_cursor(task_id: str) -> str:
    return _written(uuid.UUID(task_id).bytes)


def read_cursor(cursor: str) -> str:
    try:
        return str(uuid.UUID(bytes=_read(cursor)))
    except ValueError:
        raise _bad_cursor() from None


def write_text_cursor(text: str) -> str:
    return _written(text.encode())


def read_text_cursor(cursor: str) -> str:
    return _read(cursor).decode(errors="replace").replace("\0", "")  # which no text has that was written


def _written(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _read(cursor: str) -> bytes:
    try:
        raw = base64.b64decode(cursor.encode() + b"=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        raw = b""
    if not raw or _written(raw) != cursor:  # in any other spelling it is not unchanged
        raise _bad_cursor()
    return raw


def _bad_cursor() -> InvalidInput:
    return InvalidInput("parameter cursor: take it unchanged from `next` of the page before")
