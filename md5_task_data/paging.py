"""Where the next page of a list begins: a cursor, opaque to clients."""

import base64
import binascii
import uuid

from md5_task_data.errors import InvalidInput


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
