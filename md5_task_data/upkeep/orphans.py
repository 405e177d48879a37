"""Bytes that no row keeps: of an API that was killed between storing and committing, or while it received; of a commit whose
outcome nobody knew; of a deletion that was cut short.

They go when nothing has touched them for SAFE_AGE_S. An upload that is going on writes to its file far more often than that,
whatever its pace (`api.receive`), and a file that is complete is committed or discarded within minutes. Where the log's file
has more than its table, the database was restored to an older moment, or is another one: then rows are missing, not bytes too
many, and nothing is deleted until `md5-service doctor` finds the two alike again.
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
BATCH = 500  # files that are looked at, at once
REST_S = 600  # between the end of a round through the bucket and the next
BEYOND, RESTORED = "beyond", "restored"  # what may lie beside the log


def orphans(database: Database, stored: Sequence[Stored]) -> list[Stored]:
    """Those that no row keeps. The files are to be found first, and the rows asked for then. Raises DependencyAway."""
    with database.reading() as db:
        kept = tasks.keeping(db, [file.task_id for file in stored])
    return [file for file in stored if file.is_incoming or file.task_id not in kept]


def is_restored(database: Database, log: Path) -> bool:
    """Whether rows may be missing: the log knows of more than there are, or a restore left its mark. Raises DependencyAway."""
    return bool(_beside(log, RESTORED)) or is_log_ahead(database, log)


def is_log_ahead(database: Database, log: Path) -> bool:
    """Whether the log's file has more than its table, or had when a writer last met it and saved that beside it; or cannot
    say, for it is gone. Raises DependencyAway."""
    saved = _beside(log, BEYOND)
    try:
        size = log.stat().st_size if log.exists() else 0  # before the table is asked, which is always ahead of the file
    except OSError as error:
        raise _away(log, error) from error
    with database.reading() as db:
        length, flushed = db.execute(select(log_head.c.length, log_head.c.flushed)).one()
    return bool(saved) or size > length or (size == 0 and flushed > 0)


def marks(log: Path) -> list[Path]:
    """What restores left beside the log, where the bucket had files that no row of the backup keeps. Raises DependencyAway."""
    return _beside(log, RESTORED)


def set_mark(log: Path, of: str) -> Path:
    """Let nothing be deleted until somebody has looked, and moved this away; `of`: the time of the backup. Durable when this
    returns. Raises DependencyAway."""
    mark = log.with_name(f"{log.name}.{RESTORED}-{of.replace(':', '')}")
    try:
        with open(mark, "w", opener=no_link) as file:
            file.write(f"A backup of {of} was restored here. `md5-service doctor` says what this is for.\n")
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
    return DependencyAway(f"the log {path} cannot be looked at: {error.strerror}")


class Orphans:
    """Goes round through the bucket, BATCH files at a time. One a process."""

    def __init__(self, database: Database, bucket: Bucket, log: Path) -> None:
        self._database = database
        self._bucket = bucket
        self._log = log
        self._round: Iterator[Stored] = iter(())
        self._next_round_at = 0.0

    def delete_some(self, safe_age_s: float = SAFE_AGE_S) -> int:
        """Look at the next files, delete those that no row keeps, and return how many. Raises DependencyAway."""
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
            self._round = self._bucket.stored()  # also where the last one has ended early, in an outage
            found = self._batch()
            self._next_round_at = time() + REST_S
        return found

    def _batch(self) -> list[Stored]:
        return list(islice(self._round, BATCH))
