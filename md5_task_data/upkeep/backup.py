"""A backup of database, bucket and log, while the service works.

    B1  link what the rows keep of the bucket into a folder of our own: from here on nobody can delete it
    B2  one snapshot of the database: link what has come since; write its rows down beside the links
    B3  write it all into the archive, at leisure: the log as far as the snapshot knows it, the bytes, the rows

A task that keeps its bytes in the snapshot has them in the backup. They were stored before its row was; but between B1 and B2 it
may come, end, and let go of them: then they are nowhere any more, and the snapshot is taken anew. Of what has ended, bytes that
two snapshots lack are gone for good, and no reason to have no backup.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path
from time import time_ns
from typing import IO

from sqlalchemy import Connection, RowMapping, select

from md5_task_data import migrations, tasks
from md5_task_data.bucket import small_files
from md5_task_data.bucket.folder import Bucket, outages
from md5_task_data.database.engine import Database
from md5_task_data.database.long_transactions import snapshot
from md5_task_data.errors import BytesMissing, InvalidInput
from md5_task_data.log.shared_log import read_log_head
from md5_task_data.log.verify import beginning
from md5_task_data.schema import metadata
from md5_task_data.schema import tasks as table
from md5_task_data.upkeep.archive import LOG, Writer, bytes_name, rows_name
from md5_task_data.upkeep.rows import dump
from md5_task_data.upkeep.staging import OnProgress, Staging, staging

BATCH = 500  # rows that are looked at, at once
MOST_SNAPSHOTS = 10
SHOWN = 3  # ids in an error


@dataclass
class Holds:
    """What is in a backup: rows by table, stored files and their bytes, bytes of the log."""

    rows: dict[str, int] = field(default_factory=dict)
    files: int = 0
    bytes: int = 0
    log: int = 0

    def __str__(self) -> str:
        return f"{sum(self.rows.values())} rows, {self.files} stored files with {self.bytes} bytes, {self.log} bytes of the log"


def backup(
    database: Database, bucket: Bucket, log: Path, file: IO[bytes], on_progress: OnProgress = lambda _: None
) -> Holds:
    """Write a backup into `file`, and return what it holds. Flat in memory. Raises InvalidInput where the database is not of this
    version, BytesMissing where bytes of tasks that have not ended are gone, StorageFull, DependencyAway; OSError: the file's."""
    if not migrations.is_current(database):
        raise InvalidInput(
            "the database's schema is not of this version: make the backup with the md5-service that it belongs to, or "
            "bring it up to date first (`md5-service migrate`)"
        )
    with staging(bucket, "backup") as stage:
        gone: Mapping[str, bool] = {}
        for left in reversed(range(MOST_SNAPSHOTS)):
            on_progress("links to the stored bytes")
            _link_kept(database, stage)
            made_at = time_ns() // 1000  # what is handed over from here on may be in it, or not
            with snapshot(database) as db:
                length = read_log_head(db).length
                before, gone = gone, _link_missing(db, stage)
                missing = [task_id for task_id, has_ended in gone.items() if not has_ended]
                if not missing and (gone.keys() <= before.keys() or not left):
                    _let_go(db, stage)
                    rows = dict(_dump(db, stage, on_progress))
                    break
        else:
            raise BytesMissing(
                f"the bytes of {len(missing)} tasks that have not ended are not in the bucket: {', '.join(missing[:SHOWN])}; "
                "`md5-service doctor` says what to do"
            )
        writer = Writer(file, migrations.HEAD, made_at)
        try:
            return _write(writer, Holds(rows), stage, log, length, on_progress)
        except BaseException:
            writer.abandon()
            raise


def _link_kept(database: Database, stage: Staging) -> None:
    """B1: what the rows keep, and nothing else. A link makes an orphan look young (`Stored.touched_at`), so that with a backup a
    day none would ever be deleted."""
    for row in _kept(database.reading):
        stage.link(row["id"])


def _link_missing(db: Connection, stage: Staging) -> dict[str, bool]:
    """B2: what the snapshot's rows keep and is not linked yet. Returns those whose bytes are gone, and whether they had ended."""
    rows = _kept(lambda: nullcontext(db))
    return {row["id"]: row["finished_at"] is not None for row in rows if not stage.link(row["id"])}


def _kept(reading: Callable[[], AbstractContextManager[Connection]]) -> Iterator[RowMapping]:
    """The rows that keep bytes in the bucket, and not in the database."""
    after = ""
    while True:
        query = select(table.c.id, table.c.finished_at).where(tasks.keeps_bytes())
        query = query.where(table.c.id > after) if after else query
        with reading() as db:
            rows = db.execute(query.order_by(table.c.id).limit(BATCH)).mappings().all()
            is_here = small_files.sizes(db, [row["id"] for row in rows])
        yield from (row for row in rows if row["id"] not in is_here)
        if len(rows) < BATCH:
            return
        after = rows[-1]["id"]


def _let_go(db: Connection, stage: Staging) -> None:
    """Of what no row of the snapshot keeps: it would come back as an orphan."""
    files = stage.files()
    while batch := list(islice(files, BATCH)):
        kept = tasks.keeping(db, [file.name for file in batch])
        with outages():
            for file in batch:
                if file.name not in kept:
                    file.unlink()


def _dump(db: Connection, stage: Staging, on_progress: OnProgress) -> Iterator[tuple[str, int]]:
    for each in metadata.sorted_tables:
        on_progress(f"rows of {each.name}")
        with outages(), open(stage.rows(each.name), "wb") as file:
            yield each.name, dump(db, each, file)


def _write(writer: Writer, holds: Holds, stage: Staging, log: Path, length: int, on_progress: OnProgress) -> Holds:
    """B3."""
    with beginning(log, length) as (file, holds.log):
        writer.add(LOG, file, holds.log)
    for path in stage.files():
        holds.bytes += _add(writer, bytes_name(path.name), path)
        holds.files += 1
        on_progress(f"{holds.files} stored files, {holds.bytes} bytes")
    for name in holds.rows:
        _add(writer, rows_name(name), stage.rows(name))
    writer.end(asdict(holds))
    return holds


def _add(writer: Writer, name: str, path: Path) -> int:
    """Returns its bytes."""
    with outages():
        file = open(path, "rb")  # noqa: SIM115 (closed below, where an error is the archive's)
    with file:
        size = os.fstat(file.fileno()).st_size
        writer.add(name, file, size)
    return size
