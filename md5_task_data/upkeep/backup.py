"""Makes a backup of database, bucket and log while the service runs.

    B1  hard-link the stored bytes that rows keep into a folder of the backup's own: from here on nobody can delete them
    B2  in one snapshot of the database: link what has come since; write the rows to files beside the links
    B3  write everything into the archive: the log up to the length in the snapshot, the bytes, the rows

Every task that keeps its bytes in the snapshot has them in the backup. They were stored before the task's row was. But
between B1 and B2 a task may be created, finish, and lose its bytes; then they no longer exist, and the snapshot is
repeated. If two snapshots miss the bytes of a finished task, they are gone for good, and the backup is made without
them.
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

BATCH = 500  # rows that are read at a time
MOST_SNAPSHOTS = 10
SHOWN = 3  # ids named in an error


@dataclass
class Holds:
    """What a backup holds: rows by table, stored files and their bytes, bytes of the log."""

    rows: dict[str, int] = field(default_factory=dict)
    files: int = 0
    bytes: int = 0
    log: int = 0

    def __str__(self) -> str:
        return f"{sum(self.rows.values())} rows, {self.files} stored files with {self.bytes} bytes, {self.log} bytes of the log"


def backup(
    database: Database, bucket: Bucket, log: Path, file: IO[bytes], on_progress: OnProgress = lambda _: None
) -> Holds:
    """Write a backup into `file` and return what it holds. Constant memory. Raises InvalidInput if the database has another
    version's schema, BytesMissing if bytes of unfinished tasks are gone, StorageFull, DependencyAway; OSError comes from
    `file`."""
    if not migrations.is_current(database):
        raise InvalidInput(
            "the database's schema is not that of this version: make the backup with the version of md5-service that uses it, "
            "or upgrade it first (`md5-service migrate`)"
        )
    with staging(bucket, "backup") as stage:
        gone: Mapping[str, bool] = {}
        for left in reversed(range(MOST_SNAPSHOTS)):
            on_progress("linking the stored bytes")
            _link_kept(database, stage)
            made_at = time_ns() // 1000  # tasks created from here on may or may not be included
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
                f"the bytes of {len(missing)} unfinished tasks are not in the bucket: {', '.join(missing[:SHOWN])}; "
                "`md5-service doctor` says what to do"
            )
        writer = Writer(file, migrations.HEAD, made_at)
        try:
            return _write(writer, Holds(rows), stage, log, length, on_progress)
        except BaseException:
            writer.abandon()
            raise


def _link_kept(database: Database, stage: Staging) -> None:
    """B1: link the bytes that rows keep, and nothing else. Linking an orphan would make it look young
    (`Stored.touched_at`), so daily backups would keep it forever."""
    for row in _kept(database.reading):
        stage.link(row["id"])


def _link_missing(db: Connection, stage: Staging) -> dict[str, bool]:
    """B2: link the bytes that the snapshot's rows keep and B1 has not linked. Returns the tasks whose bytes are gone, and
    whether they have finished."""
    rows = _kept(lambda: nullcontext(db))
    return {row["id"]: row["finished_at"] is not None for row in rows if not stage.link(row["id"])}


def _kept(reading: Callable[[], AbstractContextManager[Connection]]) -> Iterator[RowMapping]:
    """The rows whose bytes are kept in the bucket rather than in the database."""
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
    """Unlink the bytes that no row of the snapshot keeps: a restore would bring them back as orphans."""
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
    """Returns the size in bytes."""
    with outages():
        file = open(path, "rb")  # noqa: SIM115 (closed below, where an OSError is the archive's)
    with file:
        size = os.fstat(file.fileno()).st_size
        writer.add(name, file, size)
    return size
