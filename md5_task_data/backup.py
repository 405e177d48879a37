"""A backup of database, bucket and log, while the service works.

    B1  link what the rows keep of the bucket into a folder of our own: from here on nobody can delete it
    B2  one snapshot of the database: link what has come since; write its rows down beside the links
    B3  write it all into the archive, at leisure: the log as far as the snapshot knows it, the bytes, the rows

A task that has not ended in the snapshot has its bytes in the backup. They were stored before its row was; but between B1 and B2
it may come, end, and let go of them: then they are nowhere any more, and the snapshot is taken anew.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path
from time import time_ns
from typing import IO

from sqlalchemy import Connection, RowMapping, select

from md5_task_data import contents, migrations, tasks
from md5_task_data.archive import LOG, Writer, bytes_name, rows_name
from md5_task_data.bucket import Bucket, outages
from md5_task_data.database import Database
from md5_task_data.errors import BytesMissing, DependencyAway, InvalidInput
from md5_task_data.log_verify import beginning
from md5_task_data.portable import dump
from md5_task_data.schema import metadata
from md5_task_data.schema import tasks as table
from md5_task_data.shared_log import head_of
from md5_task_data.staging import Staging, staging
from md5_task_data.unhurried import snapshot

BATCH = 500  # rows that are looked at, at once
MOST_SNAPSHOTS = 10
SHOWN = 3  # ids in an error

Tell = Callable[[str], None]


@dataclass
class Holds:
    """What is in a backup: rows by table, stored files and their bytes, bytes of the log."""

    rows: dict[str, int] = field(default_factory=dict)
    files: int = 0
    bytes: int = 0
    log: int = 0

    def __str__(self) -> str:
        return f"{sum(self.rows.values())} rows, {self.files} stored files with {self.bytes} bytes, {self.log} bytes of the log"


def backup(database: Database, bucket: Bucket, log: Path, file: IO[bytes], tell: Tell = lambda _: None) -> Holds:
    """Write a backup into `file`, and return what it holds. Flat in memory. Raises InvalidInput where the database is not of this
    version, BytesMissing where bytes of tasks that have not ended are gone, StorageFull, DependencyAway; OSError: the file's."""
    if not migrations.is_current(database):
        raise InvalidInput(
            "the database's schema is not of this version: make the backup with the md5-service that it belongs to, or "
            "bring it up to date first (`md5-service migrate`)"
        )
    with staging(bucket, "backup") as stage:
        for _ in range(MOST_SNAPSHOTS):
            tell("links to the stored bytes")
            _link_kept(database, stage)
            made_at = time_ns() // 1000  # what is handed over from here on may be in it, or not
            with snapshot(database) as db:
                length = head_of(db).length
                if not (missing := _link_missing(db, stage)):
                    _let_go(db, stage)
                    rows = dict(_dump(db, stage, tell))
                    break
        else:
            raise BytesMissing(
                f"the bytes of {len(missing)} tasks that have not ended are not in the bucket: {', '.join(missing[:SHOWN])}; "
                "`md5-service doctor` says what to do"
            )
        writer = Writer(file, migrations.HEAD, made_at)
        try:
            return _write(writer, Holds(rows), stage, log, length, tell)
        except BaseException:
            writer.abandon()
            raise


def _link_kept(database: Database, stage: Staging) -> None:
    """B1: what the rows keep, and nothing else. A link makes an orphan look young (`Stored.touched_at`), so that with a backup a
    day none would ever be deleted."""
    after = ""
    while True:
        with database.reading() as db:
            rows, is_here = _page(db, after)
        for row in rows:
            if row["id"] not in is_here:
                stage.link(row["id"])
        if len(rows) < BATCH:
            return
        after = rows[-1]["id"]


def _link_missing(db: Connection, stage: Staging) -> list[str]:
    """B2: what the snapshot's rows keep and is not linked yet. Returns those that have not ended, and whose bytes are gone."""
    after, missing = "", []
    while True:
        rows, is_here = _page(db, after)
        for row in rows:
            if row["id"] not in is_here and not stage.link(row["id"]) and row["finished_at"] is None:
                missing.append(row["id"])
        if len(rows) < BATCH:
            return missing
        after = rows[-1]["id"]


def _page(db: Connection, after: str) -> tuple[Sequence[RowMapping], dict[str, int]]:
    """The next rows that keep bytes, and those among them whose bytes are in the database."""
    query = select(table.c.id, table.c.finished_at).where(tasks.keeps_bytes())
    query = query.where(table.c.id > after) if after else query
    rows = db.execute(query.order_by(table.c.id).limit(BATCH)).mappings().all()
    return rows, contents.sizes(db, [row["id"] for row in rows])


def _let_go(db: Connection, stage: Staging) -> None:
    """Of what no row of the snapshot keeps: it would come back as an orphan."""
    files = stage.files()
    while batch := list(islice(files, BATCH)):
        kept = tasks.keeping(db, [file.name for file in batch])
        with outages():
            for file in batch:
                if file.name not in kept:
                    file.unlink()


def _dump(db: Connection, stage: Staging, tell: Tell) -> Iterator[tuple[str, int]]:
    for each in metadata.sorted_tables:
        tell(f"rows of {each.name}")
        with outages(), open(stage.rows(each.name), "wb") as file:
            yield each.name, dump(db, each, file)


def _write(writer: Writer, holds: Holds, stage: Staging, log: Path, length: int, tell: Tell) -> Holds:
    """B3."""
    with beginning(log, length) as (file, holds.log):
        writer.add(LOG, file, holds.log)
    for path in stage.files():
        with _opened(path) as stored:
            size = stored.seek(0, 2)
            stored.seek(0)
            writer.add(bytes_name(path.name), stored, size)
        holds.files, holds.bytes = holds.files + 1, holds.bytes + size
        tell(f"{holds.files} stored files, {holds.bytes} bytes")
    for name in holds.rows:
        with _opened(stage.rows(name)) as packed:
            size = packed.seek(0, 2)
            packed.seek(0)
            writer.add(rows_name(name), packed, size)
    writer.end(asdict(holds))
    return holds


def _opened(path: Path) -> IO[bytes]:
    try:
        return open(path, "rb")
    except OSError as error:
        raise DependencyAway(f"the bucket cannot be used: {error.strerror}") from error
