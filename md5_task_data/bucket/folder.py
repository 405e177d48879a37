"""The bucket, which stores bytes: a folder with one file per task, named by the task's id. Clients' file names are never
part of a path.

bucket/tmp/<id>         while it is being received
bucket/<xx>/<id>        stored; xx are the last two digits of the id, so that no folder grows too large
"""

import contextlib
import errno
import os
import random
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from urllib.parse import unquote, urlsplit

from md5_task_data.bucket.durable import sync_folder
from md5_task_data.errors import BytesMissing, DependencyAway, StorageFull

IOV_MAX = 1024  # the most pieces that Linux and macOS accept in one call
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)

INCOMING = "tmp"
FOLDER = re.compile(rf"{INCOMING}|[0-9a-f]{{2}}")
ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def place_in(root: Path, task_id: str) -> Path:
    """The path of a task's stored bytes."""
    return root / task_id[-2:] / task_id


@dataclass(frozen=True)
class Stored:
    """A file in the bucket: its task, whether it is still being received, its size in bytes, and when it was last touched
    (seconds since 1970, by the file system's clock)."""

    task_id: str
    is_incoming: bool
    size: int
    touched_at: float


class Bucket:
    """The folder of a `file:///…` URL. Touches nothing before its first use. Raises ValueError for any other URL."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme != "file" or parts.netloc or not parts.path:
            raise ValueError(f"{url!r} is not a bucket URL; use file:///absolute/folder")
        self.root = Path(unquote(parts.path))
        self._incoming = self.root / INCOMING
        self._durable_folders: set[Path] = set()

    def receive(self, task_id: str, *, reserve: int = 0, expected: int = 0) -> "Incoming":
        """Begin to store the bytes of a task, `expected` bytes, on a disk where `reserve` bytes must stay free. Raises
        StorageFull, DependencyAway."""
        with outages():
            # Creates `tmp`, but never the bucket itself, which may be a share that is not mounted.
            self._incoming.mkdir(exist_ok=True)
            _check_room(self._incoming, reserve + expected)
            return Incoming(self._incoming / task_id, self._place(task_id), self._durable_folders, reserve)

    def open(self, task_id: str) -> FileIO:
        """The stored bytes, unbuffered. Raises BytesMissing if they are gone, DependencyAway if the folder is unavailable."""
        with outages():
            try:
                return open(self._place(task_id), "rb", buffering=0)
            except (FileNotFoundError, IsADirectoryError):
                raise self._missing() from None

    def file(self, task_id: str) -> Path:
        """The path of the stored bytes, for serving them. Raises as `open` does."""
        self.open(task_id).close()
        return self._place(task_id)

    def size(self, task_id: str) -> int | None:
        """How many bytes of a task are stored; None if it has none here. Raises DependencyAway."""
        try:
            with self.open(task_id) as file:
                return os.fstat(file.fileno()).st_size
        except BytesMissing:
            return None

    def share(self, task_id: str, with_id: str) -> None:
        """Give another task the same bytes without copying them; the folder's file system must support hard links. Durable
        when this returns. Raises as `open` does."""
        place = self._place(with_id)
        with outages():
            try:
                place.parent.mkdir(exist_ok=True)
                os.link(self._place(task_id), place)
            except FileNotFoundError:
                raise self._missing() from None
            for folder in (place.parent, self.root):
                sync_folder(folder)

    def check_room(self, needed: int) -> None:
        """Raises StorageFull if fewer than `needed` bytes are free on this disk, which is also the database's disk if
        everything is on one machine. An unavailable folder raises nothing: small files do not need it."""
        with contextlib.suppress(OSError):
            _check_room(self.root, needed)

    def delete(self, task_id: str) -> None:
        """Remove the bytes of a task; does nothing if they are already gone. Raises DependencyAway."""
        with outages():
            try:
                self._place(task_id).unlink()
            except FileNotFoundError:
                if not self.is_there():  # the bytes may still exist on an unmounted file system
                    raise self._missing() from None

    def stored(self) -> Iterator["Stored"]:
        """All files in the bucket that are named by a task's id, including half-received ones, folder by folder in no
        particular order, in constant memory. Other files are ignored. Raises DependencyAway, also during the iteration."""
        with outages():
            with os.scandir(self.root) as entries:
                folders = [entry.name for entry in entries if FOLDER.fullmatch(entry.name)]
            for folder in random.sample(folders, len(folders)):
                with os.scandir(self.root / folder) as entries:
                    yield from self._stored_in(folder, entries)

    def _stored_in(self, folder: str, entries: Iterator[os.DirEntry[str]]) -> Iterator["Stored"]:
        for entry in entries:
            if ID.fullmatch(entry.name) and folder in (INCOMING, entry.name[-2:]):
                try:
                    found = entry.stat(follow_symlinks=False)
                except FileNotFoundError:
                    continue  # stored, discarded or deleted in the meantime
                # Also the ctime: bytes that are shared for a retry may have been written long ago.
                yield Stored(entry.name, folder == INCOMING, found.st_size, max(found.st_ctime, found.st_mtime))

    def discard(self, stored: "Stored") -> None:
        """Remove what `stored` found; does nothing if it is already gone. Raises DependencyAway."""
        with outages():
            place = self._incoming / stored.task_id if stored.is_incoming else self._place(stored.task_id)
            place.unlink(missing_ok=True)

    def make(self) -> None:
        """Create the folder. Only for setting up a service. Raises OSError."""
        self._incoming.mkdir(parents=True, exist_ok=True)

    def forget_incoming(self) -> None:
        """Remove what a killed API process was receiving. Only safe when no API process is running."""
        shutil.rmtree(self._incoming, ignore_errors=True)
        self.make()

    def is_there(self) -> bool:
        """Whether the folder is there. If not, its file system may not be mounted."""
        return self._incoming.is_dir()

    def _missing(self) -> BytesMissing | DependencyAway:
        if self.is_there():
            return BytesMissing("The stored bytes of this file are missing. Upload the file again.")
        return DependencyAway(f"the bucket's folder {self.root} does not exist")

    def _place(self, task_id: str) -> Path:
        return place_in(self.root, task_id)


class Incoming:
    """Bytes being received: write them, then either store or discard them."""

    def __init__(self, temporary: Path, place: Path, durable_folders: set[Path], reserve: int) -> None:
        self._temporary = temporary
        self._place = place
        self._durable_folders = durable_folders
        self._reserve = reserve
        self._descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)

    def write(self, pieces: Sequence[bytes | memoryview]) -> None:
        """Append the pieces without joining them. Raises StorageFull, DependencyAway."""
        left = [piece for piece in pieces if piece]
        with outages():
            _check_room(self._descriptor, self._reserve)
            while left:
                written = os.writev(self._descriptor, left[:IOV_MAX])
                while left and written >= len(left[0]):
                    written -= len(left.pop(0))
                if written:
                    left[0] = memoryview(left[0])[written:]

    def sync(self) -> None:
        """Make everything written so far durable; others may write at the same time. Raises as `write` does."""
        with outages():
            os.fdatasync(self._descriptor)

    def store(self) -> None:
        """Make the bytes durable under their final name: fsync, rename, fsync the folder. Raises as `write` does."""
        with outages():
            os.fsync(self._descriptor)
            self._close()
            folder = self._place.parent
            if (
                folder not in self._durable_folders
            ):  # even if it exists: another process may have created but not yet synced it
                folder.mkdir(exist_ok=True)
                sync_folder(folder.parent)
                self._durable_folders.add(folder)
            self._temporary.rename(self._place)
            sync_folder(folder)

    def discard(self) -> None:
        """Remove the bytes, whether stored or not."""
        self._close()
        self._temporary.unlink(missing_ok=True)
        self._place.unlink(missing_ok=True)

    def _close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def _check_room(disk: Path | int, needed: int) -> None:
    if needed:
        found = os.statvfs(disk)
        if found.f_bavail * found.f_frsize < needed:
            raise StorageFull(f"fewer than {needed} bytes are free on the bucket's disk")


@contextmanager
def outages() -> Iterator[None]:
    """Translates errors of the bucket's disk into StorageFull or DependencyAway."""
    try:
        yield
    except OSError as error:
        if error.errno in FULL:
            raise StorageFull("the bucket's disk is full") from error
        raise DependencyAway(f"the bucket is unavailable: {error.strerror}") from error
