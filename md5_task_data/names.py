"""Names of files, which may be paths and need not be text, and of batches.

In Python a name is what `os.fsdecode` makes of its bytes. A database keeps text: where that is not all of a name, its bytes stand
beside it.
"""

from md5_task_data.errors import InvalidInput
from md5_task_data.schema import Row

MAX_NAME = 4096  # characters: Linux takes no longer paths
MAX_BATCH = 255


def checked_name(name: str) -> str:
    """A file name as it was sent, or InvalidInput. It is data and never part of a path, so all but NUL may stand in it."""
    return checked_text("filename", name, MAX_NAME)


def checked_batch(batch: str | None) -> str | None:
    """A batch's name, None for none, or InvalidInput."""
    return checked_text("batch", batch, MAX_BATCH) if batch else None


def as_text(name: str) -> str:
    """What can be read of a name."""
    return _raw(name).decode(errors="replace")


def columns(name: str) -> dict[str, str | bytes | None]:
    """What a row keeps of a name."""
    text = as_text(name)
    return {"filename": text, "filename_bytes": None if text == name else _raw(name)}


def bytes_of(row: Row) -> bytes:
    """The name that a row keeps."""
    raw: bytes | None = row["filename_bytes"]
    return str(row["filename"]).encode() if raw is None else raw


def of(row: Row) -> str:
    """The same, as Python has it."""
    return bytes_of(row).decode(errors="surrogateescape")


def _raw(name: str) -> bytes:
    return name.encode(errors="surrogateescape")


def checked_text(what: str, text: str, longest: int | None = None) -> str:
    """The text of a parameter `what`, of at most `longest` characters and without NUL; or InvalidInput."""
    if longest is not None and len(text) > longest:
        raise InvalidInput(f"parameter {what}: {len(text)} characters; at most {longest} are allowed")
    if "\0" in text:
        raise InvalidInput(f"parameter {what}: the character NUL is not allowed")
    return text
