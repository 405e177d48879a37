"""Cursors, which say where the next page of a list begins. They are opaque to clients."""

import base64
import binascii
import uuid

from md5_task_data.errors import InvalidInput


def write_cursor(task_id: str) -> str:
    """The cursor of the page that begins after this task."""
    return _written(uuid.UUID(task_id).bytes)


def read_cursor(cursor: str) -> str:
    """The task id in a cursor. Raises InvalidInput."""
    try:
        return str(uuid.UUID(bytes=_read(cursor)))
    except ValueError:
        raise bad_cursor() from None


def write_text_cursor(text: str) -> str:
    """The cursor of the page that begins after this text."""
    return _written(text.encode())


def read_text_cursor(cursor: str) -> str:
    """The text in a cursor. Raises InvalidInput."""
    return _read(cursor).decode(errors="replace").replace("\0", "")  # NUL: in no cursor of ours


def _written(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _read(cursor: str) -> bytes:
    try:
        raw = base64.b64decode(cursor.encode() + b"=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        raw = b""
    if not raw or _written(raw) != cursor:  # only the exact spelling that was written
        raise bad_cursor()
    return raw


def bad_cursor() -> InvalidInput:
    """The error for a cursor that this service did not write."""
    return InvalidInput("The parameter cursor must be the unchanged `next` of the previous page.")
