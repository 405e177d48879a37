"""Names of batches and of files; a file name may be a path and need not be valid text.

In Python, a name is what `os.fsdecode` makes of its bytes. The database stores text; if that loses information, the row
also has the bytes.
"""

from md5_task_data.errors import InvalidInput
from md5_task_data.schema import Row

MAX_NAME = 4096  # characters; longer than any path on Linux
MAX_BATCH = 255


def checked_name(name: str) -> str:
    """A file name as it was sent. It is data and never becomes part of a path, so any character but NUL is allowed. Raises
    InvalidInput."""
    return checked_text("filename", name, MAX_NAME)


def checked_batch(batch: str | None) -> str | None:
    """A batch's name; None for none. Raises InvalidInput."""
    return checked_text("batch", batch, MAX_BATCH) if batch else None


def as_text(name: str) -> str:
    """The name as valid text, with undecodable bytes replaced."""
    return _raw(name).decode(errors="replace")


def columns(name: str) -> dict[str, str | bytes | None]:
    """The columns that store a name."""
    text = as_text(name)
    return {"filename": text, "filename_bytes": None if text == name else _raw(name)}


def bytes_of(row: Row) -> bytes:
    """The bytes of the name that a row stores."""
    raw: bytes | None = row["filename_bytes"]
    return str(row["filename"]).encode() if raw is None else raw


def of(row: Row) -> str:
    """The same as a Python string, as `os.fsdecode` would return it."""
    return bytes_of(row).decode(errors="surrogateescape")


def _raw(name: str) -> bytes:
    return name.encode(errors="surrogateescape")


def checked_text(what: str, text: str, longest: int | None = None) -> str:
    """The value of the parameter `what`, with at most `longest` characters and without NUL. Raises InvalidInput."""
    if longest is not None and len(text) > longest:
        raise InvalidInput(f"The parameter {what} must have at most {longest} characters; it has {len(text)}.")
    if "\0" in text:
        raise InvalidInput(f"The parameter {what} must not contain the character NUL.")
    return text
