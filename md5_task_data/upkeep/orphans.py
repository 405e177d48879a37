"""Orphans: bytes that no row keeps. They are left by an API process that was killed while it received a file or between
storing and committing it, by a commit with an unknown outcome, or by an interrupted deletion.

Orphans are deleted when nothing has touched them for SAFE_AGE_S. An upload in progress, however slow, writes to its
file far more often (`api.upload.receive`), and a complete file is committed or discarded within minutes. If the log's
file has more than its table, the database was restored to an older state, or is a different one. Then rows are missing
rather than bytes left over, and nothing is deleted until `md5-service doctor` finds that file and table agree again.
"""

import os
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from time import time

from sqlalchemy import select

from md5_task_data import tasks
from md5_task_data.bucket.durable import no_link, sync_folder
from md5_task_data.bucket.folder import Bucket, Stored
from md5_task_data.database.engine import Database
from md5_task_data.errors import DependencyAway
from md5_task_data.schema import log_head

SAFE_AGE_S = 86400
BATCH = 500  # files that are checked at a time
REST_S = 600  # between two rounds through the bucket
BEYOND, RESTORED = "beyond", "restored"  # names of files that may be beside the log


def orphans(database: Database, stored: Sequence[Stored]) -> list[Stored]:
    """Those of these files that no row keeps. Find the files before calling this, which reads the rows. Raises DependencyAway."""
    with database.reading() as db:
        kept = tasks.keeping(db, [file.task_id for file in stored])
    return [file for file in stored if file.is_incoming or file.task_id not in kept]


def is_restored(database: Database, log: Path) -> bool:
    """Whether rows may be missing: the log knows more than the database, or a restore left its mark. Raises DependencyAway."""
    return bool(_beside(log, RESTORED)) or is_log_ahead(database, log)


def is_log_ahead(database: Database, log: Path) -> bool:
    """Whether the log's file has more than its table, or had when a writer found that and saved the excess beside it, or is
    gone although it had lines. Raises DependencyAway."""
    saved = _beside(log, BEYOND)
    try:
        size = log.stat().st_size if log.exists() else 0  # before reading the table, which is always ahead of the file
    except OSError as error:
        raise _away(log, error) from error
    with database.reading() as db:
        length, flushed = db.execute(select(log_head.c.length, log_head.c.flushed)).one()
    return bool(saved) or size > length or (size == 0 and flushed > 0)


def marks(log: Path) -> list[Path]:
    """The marks that restores left beside the log because the bucket had files that no row of the backup keeps. Raises
    DependencyAway."""
    return _beside(log, RESTORED)


def set_mark(log: Path, of: str) -> Path:
    """Prevent deletions until somebody has checked the bucket and moved this mark away; `of`: the time of the backup.
    Durable when this returns. Raises DependencyAway."""
    mark = log.with_name(f"{log.name}.{RESTORED}-{of.replace(':', '')}")
    try:
        with open(mark, "w", opener=no_link) as file:
            file.write(f"A backup of {of} was restored here. `md5-service doctor` explains this file.\n")
            file.flush()
            os.fsync(file.fileno())
        sync_folder(mark.parent)
    except OSError as error:
        raise _away(mark, error) from error
    return mark


def _beside(log: Path, what: str) -> list[Path]:
    try:
        return sorted(entry for entry in log.parent.iterdir() if entry.name.startswith(f"{log.name}.{what}-"))
    except OSError as error:
        raise _away(log, error) from error


def _away(path: Path, error: OSError) -> DependencyAway:
    return DependencyAway(f"the log {path} cannot be read: {error.strerror}")


class Orphans:
    """Goes through the bucket again and again, BATCH files at a time. One per process."""

    def __init__(self, database: Database, bucket: Bucket, log: Path) -> None:
        self._database = database
        self._bucket = bucket
        self._log = log
        self._round: Iterator[Stored] = iter(())
        self._next_round_at = 0.0

    def delete_some(self, safe_age_s: float = SAFE_AGE_S) -> int:
        """Check the next files, delete the orphans among them, and return how many. Raises DependencyAway."""
        before = time() - safe_age_s
        old = [file for file in self._next() if file.touched_at < before]
        lost = orphans(self._database, old) if old else []
        if not lost or is_restored(self._database, self._log):
            return 0
        for file in lost:
            self._bucket.discard(file)
        return len(lost)

    def _next(self) -> list[Stored]:
        found = self._batch()
        if not found and time() >= self._next_round_at:
            self._round = self._bucket.stored()  # also after a round that an outage cut short
            found = self._batch()
            self._next_round_at = time() + REST_S
        return found

    def _batch(self) -> list[Stored]:
        return list(islice(self._round, BATCH))
