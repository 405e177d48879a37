"""What a file system asks for before a new or renamed name is sure to outlive a power cut."""

import os
from pathlib import Path


def sync_folder(folder: Path) -> None:
    """fsync of a folder: the names in it are on disk when this returns. Raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
