"""An upload's bytes: read as they are sent, in constant memory for any size."""

import contextlib
import io
import os
import stat
import sys
from collections.abc import Callable, Iterator
from pathlib import PurePath
from typing import BinaryIO

from md5_service.client.errors import Changed

BLOCK = 1 << 18  # bytes sent at once; larger blocks are copied more often on their way

Source = str | os.PathLike[str] | BinaryIO
OnProgress = Callable[[int, int | None], None]  # the bytes sent, and the size (None if it is unknown)


class Upload:
    """An open file, from its current position to its end."""

    def __init__(self, file: BinaryIO, on_progress: OnProgress | None = None) -> None:
        self._file = file
        self._on_progress = on_progress
        self._start = _position(file)
        self.size = _size_of(file)
        self._sent = self._read = 0

    def rewind(self) -> bool:
        """Return to the start of the upload. Returns whether that was possible."""
        if self._read and self._start is None:
            return False
        if self._read and self._start is not None:
            self._file.seek(self._start)
        self._sent = self._read = 0
        return True

    def read(self) -> bytes:
        """The next bytes, none beyond the announced size; empty at the end. Raises Changed."""
        left = sys.maxsize if self.size is None else self.size - self._read
        block = self._file.read(min(BLOCK, left))
        self._read += len(block)
        if not block and self.size is not None and (left or self._file.read(1)):
            raise Changed
        return block

    def sent(self, block: bytes) -> None:
        self._sent += len(block)
        if self._on_progress is not None:
            self._on_progress(self._sent, self.size)


@contextlib.contextmanager
def opened(source: Source) -> Iterator[BinaryIO]:
    """Open a path, and close it at the end; a file that is already open stays open."""
    if isinstance(source, str | os.PathLike):
        with open(source, "rb", buffering=0) as file:
            yield file
    else:
        yield source


def name_of(source: Source) -> str:
    """The last part of a path, decoded by `os.fsdecode`; `-` if the source has no path."""
    path = source if isinstance(source, str | os.PathLike) else getattr(source, "name", "-")
    name = os.fsdecode(path) if isinstance(path, str | os.PathLike) else "-"
    return PurePath(name).name or name


def _position(file: BinaryIO) -> int | None:
    with contextlib.suppress(OSError, AttributeError):
        return file.tell() if file.seekable() else None
    return None


def _size_of(file: BinaryIO) -> int | None:
    """The bytes left to read of a regular file; None where the size is unknown: a pipe, a terminal, /proc."""
    try:
        found = os.fstat(file.fileno())
    except (OSError, AttributeError):
        return len(file.getbuffer()) - file.tell() if isinstance(file, io.BytesIO) else None
    return (found.st_size - file.tell() or None) if stat.S_ISREG(found.st_mode) else None
