"""What a file system asks for before a new or renamed name is sure to outlive a power cut; and before a file that is written
under a name that others can guess is sure to be that file."""

import os
from pathlib import Path


def sync_folder(folder: Path) -> None:
    """fsync of a folder: the names in it are on disk when this returns. Raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def no_link(path: str, flags: int) -> int:
    """An `opener` for `open`: a link that somebody has put in the file's place is not followed. Raises OSError (ELOOP)."""
    return os.open(path, flags | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666)
