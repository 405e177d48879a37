"""Compares rows, bytes and log, and says what to do about each difference. Changes nothing.

Uses constant memory, whatever the number of rows and files. The service may be running: every difference is checked a
second time, so that a task that finished, or a file that arrived, in the meantime is not reported.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from time import time

from sqlalchemy import select

from md5_task_data import tasks
from md5_task_data.bucket import small_files
from md5_task_data.bucket.folder import Bucket
from md5_task_data.database.engine import Database
from md5_task_data.errors import DependencyAway
from md5_task_data.log.verify import Verdict, verify
from md5_task_data.schema import tasks as table
from md5_task_data.upkeep.orphans import BATCH, SAFE_AGE_S, is_log_ahead, marks, orphans
from md5_task_data.upkeep.staging import leftovers

JUST_STORED_S = 60  # the most time between storing a file and committing its row
STILL_COMING_S = 3660  # an upload in progress writes to its file: the largest MD5_UPLOAD_IDLE_S plus a minute
WRITTEN_AGAIN = "when the next task finishes, the whole log is rewritten from the database"


@dataclass(frozen=True)
class Finding:
    """Something that is wrong: `code` is stable, `about` is an id or a path."""

    code: str
    about: str
    detail: str
    advice: str


def examine(database: Database, bucket: Bucket, log: Path) -> Iterator[Finding]:
    """All findings, as they are found. Raises DependencyAway if rows or bytes cannot be read."""
    yield from _log(database, log)  # first: it may explain the others
    yield from _left_behind(bucket, log)
    yield from _rows_without_bytes(database, bucket)
    yield from _bytes_without_rows(database, bucket)


def _rows_without_bytes(database: Database, bucket: Bucket) -> Iterator[Finding]:
    after = ""
    while True:
        query = select(table.c.id, table.c.size).where(tasks.keeps_bytes())
        with database.reading() as db:
            kept = db.execute(
                (query.where(table.c.id > after) if after else query).order_by(table.c.id).limit(BATCH)
            ).all()
            here = small_files.sizes(db, [row.id for row in kept])
        found = {row.id: here[row.id] if row.id in here else bucket.size(row.id) for row in kept}
        missing = {row.id: found[row.id] for row in kept if found[row.id] != row.size}
        if missing:
            with database.reading() as db:
                still = tasks.keeping(db, missing)
            for task_id, size in still.items():
                yield _missing(task_id, size, missing[task_id])
        if len(kept) < BATCH:
            return
        after = kept[-1].id


def _missing(task_id: str, size: int, found: int | None) -> Finding:
    what = "its bytes are no longer stored" if found is None else f"{found} bytes of it are stored instead of {size}"
    return Finding(
        "bytes_missing" if found is None else "bytes_differ",
        task_id,
        what,
        "restore them from a copy of the bucket or database, or upload the file again; an unfinished task fails automatically",
    )


def _bytes_without_rows(database: Database, bucket: Bucket) -> Iterator[Finding]:
    found = bucket.stored()
    while batch := list(islice(found, BATCH)):
        now = time()
        old = [
            file for file in batch if now - file.touched_at > (STILL_COMING_S if file.is_incoming else JUST_STORED_S)
        ]
        for file in orphans(database, old):
            yield Finding(
                "half_received" if file.is_incoming else "row_missing",
                file.task_id,
                f"{file.size} bytes in the bucket belong to no task",
                f"nothing: the sweeper deletes such bytes after {SAFE_AGE_S // 3600} hours; "
                "but if the database was restored or replaced, stop the workers now, and bring back the right database",
            )


def _left_behind(bucket: Bucket, log: Path) -> Iterator[Finding]:
    for folder in leftovers(bucket):
        yield Finding(
            "leftover",
            str(folder),
            "left by a backup or restore that was killed; its files use disk space",
            "nothing: the next backup or restore removes it; or remove it yourself",
        )
    for mark in marks(log):
        yield Finding(
            "restored",
            str(mark),
            "a backup was restored here, and the bucket had files that belong to no task in it: perhaps files that were uploaded "
            "after it was made; no orphans are deleted until somebody has looked at them",
            "of the files reported above as belonging to no task, upload again those that are needed (`md5-service put FILE`); "
            f"then move this mark elsewhere, and the sweeper deletes the files after {SAFE_AGE_S // 3600} hours",
        )


def _log(database: Database, log: Path) -> Iterator[Finding]:
    try:
        verdict = _verdict(database, log)
    except FileNotFoundError:
        if is_log_ahead(database, log):
            yield Finding("log_missing", str(log), "it is missing, and the database has lines for it", WRITTEN_AGAIN)
        return
    except OSError as error:
        raise DependencyAway(f"the log {log} cannot be read: {error.strerror}") from error
    if verdict.wrong:
        yield Finding(
            "log_differs",
            str(log),
            f"{verdict.wrong}; the {verdict.lines} lines before that are correct",
            f"move the file elsewhere and examine it; {WRITTEN_AGAIN}",
        )
    if _is_ahead(database, log):
        yield Finding(
            "log_ahead",
            str(log),
            "it has, or had, lines that the database does not know: the database was restored to an older state, or is a "
            "different one; no orphans are deleted until this is fixed",
            f"bring back the matching database or log; the extra lines are saved in {log.name}.beyond-…: "
            "upload again the files that it names, and move it elsewhere",
        )


def _is_ahead(database: Database, log: Path) -> bool:
    """Whether the log has lines that only another database can have written; False if it is merely damaged."""
    return is_log_ahead(database, log) and log.stat().st_size > 0 and verify(log).wrong is None


def _verdict(database: Database, log: Path) -> Verdict:
    verdict = verify(log, database)
    return verify(log, database) if verdict.wrong else verdict  # a line may just have been written
