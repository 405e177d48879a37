"""A folder in the bucket's file system for the files of a backup or restore. As hard links there, bytes survive their
deletion from the bucket and use no extra space. Nothing else sees the folder (`bucket.folder.FOLDER`).

bucket/backup-<random>/lock               locked while its process lives; an unlocked folder can be removed
                      /<xx>/<id>          as in the bucket
                      /<table>.jsonl.gz   rows
"""

import fcntl
import os
import re
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from md5_task_data.bucket.durable import sync_folder
from md5_task_data.bucket.folder import Bucket, outages, place_in
from md5_task_data.errors import DependencyAway

NAME = re.compile(r"(backup|restore)-[0-9a-f]{16}")
LOCK = "lock"

OnProgress = Callable[[str], None]  # called with a description of the progress


class Staging:
    """One such folder. Every method raises StorageFull, DependencyAway."""

    def __init__(self, bucket: Bucket, folder: Path) -> None:
        self._bucket = bucket
        self.folder = folder
        self._made: set[Path] = set()

    def link(self, task_id: str) -> bool:
        """Keep the stored bytes of a task, whatever happens to them in the bucket. False: they are not there."""
        place = self.place(task_id)
        with outages():
            try:
                os.link(place_in(self._bucket.root, task_id), place)
            except FileExistsError:
                pass
            except FileNotFoundError:
                if not self._bucket.is_there():
                    raise DependencyAway(f"the bucket's folder {self._bucket.root} does not exist") from None
                return False
        return True

    def place(self, task_id: str) -> Path:
        """The path for the bytes of a task in this folder."""
        place = place_in(self.folder, task_id)
        if place.parent not in self._made:
            with outages():
                place.parent.mkdir(exist_ok=True)
            self._made.add(place.parent)
        return place

    def rows(self, table: str) -> Path:
        """The path for the rows of a table."""
        return self.folder / f"{table}.jsonl.gz"

    def files(self) -> Iterator[Path]:
        """The files with bytes in this folder, one subfolder after the other."""
        with outages():
            for folder in sorted(self._made):
                with os.scandir(folder) as entries:
                    yield from (Path(entry.path) for entry in entries)

    def move_into_bucket(self) -> int:
        """Move the bytes into the bucket, replacing what is there. Returns how many files. When this returns, they are
        durable if they were so before."""
        with outages():
            folders = [self._bucket.root / folder.name for folder in self._made]
            for folder in folders:
                folder.mkdir(exist_ok=True)
            moved = 0
            for file in self.files():
                file.rename(place_in(self._bucket.root, file.name))
                moved += 1
            for folder in (*folders, self._bucket.root):
                sync_folder(folder)
        return moved


@contextmanager
def staging(bucket: Bucket, what: str) -> Iterator[Staging]:
    """A new folder, which is always removed at the end; those of dead processes are removed at once. `what`: backup or
    restore. Raises StorageFull, DependencyAway."""
    with outages(), _alone(bucket):
        for leftover in leftovers(bucket):
            shutil.rmtree(leftover, ignore_errors=True)
        folder = bucket.root / f"{what}-{secrets.token_hex(8)}"
        folder.mkdir(mode=0o700)
        descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    try:
        yield Staging(bucket, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(descriptor)


@contextmanager
def _alone(bucket: Bucket) -> Iterator[None]:
    """Nobody else starts in the meantime: a folder that is not yet locked would look dead. On NFS, where folders cannot be
    locked, one of two that start at the same moment may make the other fail."""
    descriptor = os.open(bucket.root, os.O_RDONLY | os.O_CLOEXEC)
    try:
        with suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def leftovers(bucket: Bucket) -> list[Path]:
    """Folders of backups and restores that were killed. Raises DependencyAway."""
    with outages():
        with os.scandir(bucket.root) as entries:
            folders = [Path(entry.path) for entry in entries if NAME.fullmatch(entry.name)]
        return sorted(folder for folder in folders if not _is_alive(folder))


def _is_alive(folder: Path) -> bool:
    try:
        descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False
