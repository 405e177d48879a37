"""Holds rows, bytes and log against one another, and says of each difference what to do. Changes nothing.

Flat in memory, whatever the number of rows and files. The service may run meanwhile: what is found is looked at a second time,
so that a task that ended, or a file that came, in between is no finding.
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

JUST_STORED_S = 60  # between a file's place in the bucket and its row
STILL_COMING_S = 3660  # an upload that is going on writes to its file: the longest MD5_UPLOAD_IDLE_S, and a minute
WRITTEN_AGAIN = "the next task that ends has it written again, whole, from the database"


@dataclass(frozen=True)
class Finding:
    """Something that is not as it should be: `code` is stable, `about` an id or a path."""

    code: str
    about: str
    detail: str
    advice: str


def examine(database: Database, bucket: Bucket, log: Path) -> Iterator[Finding]:
    """All findings, as they are found. Raises DependencyAway where rows or bytes cannot be read."""
    yield from _log(database, log)  # first: it may be why the others are
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
    what = "its bytes are not stored any more" if found is None else f"{found} bytes of it are stored instead of {size}"
    return Finding(
        "bytes_missing" if found is None else "bytes_differ",
        task_id,
        what,
        "bring them back from a copy of the bucket or the database, or hand the file over again; "
        "a task that has not ended fails by itself",
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
                f"{file.size} bytes in the bucket belong to no task that keeps them",
                f"nothing: the sweeper deletes what nothing has touched for {SAFE_AGE_S // 3600} hours; "
                "but where the database was restored or exchanged, stop the workers now, and bring back the right one",
            )


def _left_behind(bucket: Bucket, log: Path) -> Iterator[Finding]:
    for folder in leftovers(bucket):
        yield Finding(
            "leftover",
            str(folder),
            "a backup or a restore that was killed left it; its files take room",
            "nothing: the next one removes it; or remove it yourself",
        )
    for mark in marks(log):
        yield Finding(
            "restored",
            str(mark),
            "a backup was restored here, and the bucket had files that no row of it keeps: perhaps what was handed over after "
            "it was made; until this is looked at no orphans are deleted",
            "hand over again what is needed of the files that are named above as of no task (`md5-service put FILE`); then move "
            f"this mark elsewhere, and the sweeper deletes what nothing has touched for {SAFE_AGE_S // 3600} hours",
        )


def _log(database: Database, log: Path) -> Iterator[Finding]:
    try:
        verdict = _verdict(database, log)
    except FileNotFoundError:
        if is_log_ahead(database, log):
            yield Finding("log_missing", str(log), "it is gone, and the database has lines of it", WRITTEN_AGAIN)
        return
    except OSError as error:
        raise DependencyAway(f"the log {log} cannot be read: {error.strerror}") from error
    if verdict.wrong:
        yield Finding(
            "log_differs",
            str(log),
            f"{verdict.wrong}; {verdict.lines} lines before that are right",
            f"move the file elsewhere, to be looked at. {WRITTEN_AGAIN}",
        )
    if _is_ahead(database, log):
        yield Finding(
            "log_ahead",
            str(log),
            "it has, or had, lines that the database does not know: the database was restored to an older moment, or is another "
            "one; until this is mended no orphans are deleted",
            f"bring back the right one of the two; what was saved of lines too many is in {log.name}.beyond-…: "
            "look at it, hand over again what it names, and move it elsewhere",
        )


def _is_ahead(database: Database, log: Path) -> bool:
    """Whether it has lines that only another database can have written; not where it was merely damaged."""
    return is_log_ahead(database, log) and log.stat().st_size > 0 and verify(log).wrong is None


def _verdict(database: Database, log: Path) -> Verdict:
    verdict = verify(log, database)
    return verify(log, database) if verdict.wrong else verdict  # a line may have been on its way
