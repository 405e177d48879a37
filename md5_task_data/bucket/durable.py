"""What a file system requires before a new or renamed file survives a power failure, and before a file written under a
guessable name is certain to be that file and not a link."""

import os
from pathlib import Path


def sync_folder(folder: Path) -> None:
    """fsync a folder: the names in it are on disk when this returns. Raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def no_link(path: str, flags: int) -> int:
    """An `opener` for `open` that does not follow a link put in the file's place. Raises OSError (ELOOP)."""
    return os.open(path, flags | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666)
