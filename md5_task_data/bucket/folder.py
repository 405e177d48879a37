"""Stored bytes: a folder, one file a task, under the task's id. Clients' file names are never part of a path.

bucket/tmp/<id>         while it is received
bucket/<xx>/<id>        stored: xx are the last two digits of the id, so that no folder grows too large
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

IOV_MAX = 1024  # pieces that Linux and macOS take in one call
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)

INCOMING = "tmp"
FOLDER = re.compile(rf"{INCOMING}|[0-9a-f]{{2}}")
ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def place_in(root: Path, task_id: str) -> Path:
    return root / task_id[-2:] / task_id


@dataclass(frozen=True)
class Stored:
    """A file of the bucket: whose, whether it is still being received, its bytes, and when it was last touched (seconds since
    1970, by the clock of the file system)."""

    task_id: str
    is_incoming: bool
    size: int
    touched_at: float


class Bucket:
    """The folder behind a `file:///…` URL. Nothing is touched before the first use."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme != "file" or parts.netloc or not parts.path:
            raise ValueError(f"{url!r} is not a bucket: file:///absolute/folder is what can be used")
        self.root = Path(unquote(parts.path))
        self._incoming = self.root / INCOMING
        self._durable_folders: set[Path] = set()

    def receive(self, task_id: str, *, reserve: int = 0, expected: int = 0) -> "Incoming":
        """Begin to store the bytes of a task, `expected` so many, on a disk on which `reserve` bytes are to stay free. Raises
        StorageFull, DependencyAway."""
        with outages():
            # In the bucket, never the bucket: it may be a share that is not mounted.
            self._incoming.mkdir(exist_ok=True)
            _check_room(self._incoming, reserve + expected)
            return Incoming(self._incoming / task_id, self._place(task_id), self._durable_folders, reserve)

    def open(self, task_id: str) -> FileIO:
        """The stored bytes, unbuffered. Raises BytesMissing when they are gone, DependencyAway when the folder is."""
        with outages():
            try:
                return open(self._place(task_id), "rb", buffering=0)
            except (FileNotFoundError, IsADirectoryError):
                raise self._missing() from None

    def file(self, task_id: str) -> Path:
        """Where the bytes are, to serve them from. Raises as `open` does."""
        self.open(task_id).close()
        return self._place(task_id)

    def size(self, task_id: str) -> int | None:
        """How many bytes of a task are stored; None: it has none here. Raises DependencyAway."""
        try:
            with self.open(task_id) as file:
                return os.fstat(file.fileno()).st_size
        except BytesMissing:
            return None

    def share(self, task_id: str, with_id: str) -> None:
        """Let another task have the same bytes, without a copy: the folder's file system must know hard links. Durable when
        this returns. Raises as `open` does."""
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
        """Whether so many bytes are left on this disk, which is the database's too where one machine has all. Raises
        StorageFull. A folder that cannot be asked has no say: what is small needs it not."""
        with contextlib.suppress(OSError):
            _check_room(self.root, needed)

    def delete(self, task_id: str) -> None:
        """Remove the bytes of a task; fine when they are gone already. Raises DependencyAway."""
        with outages():
            try:
                self._place(task_id).unlink()
            except FileNotFoundError:
                if not self.is_there():  # then the bytes may be so all the same
                    raise self._missing() from None

    def stored(self) -> Iterator["Stored"]:
        """All that is in the bucket under the id of a task, half-received files too, folder by folder in no order; flat in
        memory. What has another name is nobody's here, and left out. Raises DependencyAway, also in the middle."""
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
                    continue  # stored, discarded or deleted meanwhile
                # Not the time of the last write alone: what was shared for another try may have been written long ago.
                yield Stored(entry.name, folder == INCOMING, found.st_size, max(found.st_ctime, found.st_mtime))

    def discard(self, stored: "Stored") -> None:
        """Remove what `stored` found; fine when it is gone already. Raises DependencyAway."""
        with outages():
            place = self._incoming / stored.task_id if stored.is_incoming else self._place(stored.task_id)
            place.unlink(missing_ok=True)

    def make(self) -> None:
        """Make the folder. Only for who sets a service up. Raises OSError."""
        self._incoming.mkdir(parents=True, exist_ok=True)

    def forget_incoming(self) -> None:
        """Remove what a killed API was receiving. Only for one who knows that none is alive."""
        shutil.rmtree(self._incoming, ignore_errors=True)
        self.make()

    def is_there(self) -> bool:
        """Else its file system may just not be mounted."""
        return self._incoming.is_dir()

    def _missing(self) -> BytesMissing | DependencyAway:
        if self.is_there():
            return BytesMissing("the stored bytes of this file are gone; hand the file over again")
        return DependencyAway(f"the bucket's folder {self.root} is not there")

    def _place(self, task_id: str) -> Path:
        return place_in(self.root, task_id)


class Incoming:
    """Bytes on their way in: write, then either store or discard."""

    def __init__(self, temporary: Path, place: Path, durable_folders: set[Path], reserve: int) -> None:
        self._temporary = temporary
        self._place = place
        self._durable_folders = durable_folders
        self._reserve = reserve
        self._descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)

    def write(self, pieces: Sequence[bytes | memoryview]) -> None:
        """Append the pieces, without joining them first. Raises StorageFull, DependencyAway."""
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
        """Make durable what is written by now; it may be written to meanwhile. Raises as `write` does."""
        with outages():
            os.fdatasync(self._descriptor)

    def store(self) -> None:
        """Make the bytes durable under their final name: fsync, rename, fsync of the folder. Raises as `write` does."""
        with outages():
            os.fsync(self._descriptor)
            self._close()
            folder = self._place.parent
            if folder not in self._durable_folders:  # another process may have made it, and not yet synced
                folder.mkdir(exist_ok=True)
                sync_folder(folder.parent)
                self._durable_folders.add(folder)
            self._temporary.rename(self._place)
            sync_folder(folder)

    def discard(self) -> None:
        """Leave nothing behind, stored or not."""
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
            raise StorageFull(f"less than {needed} bytes are left on the disk of the bucket")


@contextmanager
def outages() -> Iterator[None]:
    """Says of an error of the bucket's disk what it means to us: StorageFull, DependencyAway."""
    try:
        yield
    except OSError as error:
        if error.errno in FULL:
            raise StorageFull("the disk of the bucket is full") from error
        raise DependencyAway(f"the bucket cannot be used: {error.strerror}") from error
