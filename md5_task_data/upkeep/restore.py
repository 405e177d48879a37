"""Restores a backup into an empty database of any supported system, whatever is left of bucket and log.

    R1  the existing log, if any, must belong to the same database
    R2  unpack the whole backup into a folder of its own, in the bucket; trust nothing before its end was read and matches
    R3  create the schema of the backup's version
    R4  one transaction: load the rows; everything in progress is queued and due at once. Before it commits, the bytes
        are put in their places, and if there were other files, a mark is put beside the log. After COMMIT the backup is restored
    R5  upgrade the schema to this version, if the backup's is older
    R6  bring the log in line with its table; what it had beyond that is saved beside it

A kill before the COMMIT in R4 leaves the database empty, so the restore can simply be started again.
"""

import os
import re
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import IO

from sqlalchemy import Connection, case, func, inspect, literal_column, select, table
from sqlalchemy.exc import DataError, IntegrityError, ProgrammingError

from md5_task_data import idempotency, migrations, tasks
from md5_task_data.bucket.folder import Bucket, outages
from md5_task_data.database.engine import Database
from md5_task_data.database.long_transactions import loading
from md5_task_data.errors import Conflict, DependencyAway, InvalidInput
from md5_task_data.ids import is_id
from md5_task_data.log import verify
from md5_task_data.log.shared_log import LogBusy, SharedLog, read_log_head
from md5_task_data.queue import sweep
from md5_task_data.schema import IS_PART, UNFINISHED, log_head, log_lines, metadata
from md5_task_data.upkeep import orphans
from md5_task_data.upkeep.archive import BYTES, LOG, ROWS, Member, Reader
from md5_task_data.upkeep.rows import load
from md5_task_data.upkeep.staging import OnProgress, Staging, staging

SHOWN = 20  # log lines that are named
MADE_AT, SCHEMA = re.compile(r"[0-9T:.-]{19,32}Z"), re.compile(r"[0-9]{4}")


@dataclass
class Restored:
    """What a restore found and did. `beyond`: lines of the existing log that the backup does not know; `lost`: those of
    them whose tasks it does not know either, the first SHOWN of them in `named`; `written`: lines that the log lacked;
    `unknown`: existing stored files that no row keeps; `log_trouble`: why the log is not yet in line with its table."""

    made_at: str
    tasks: int = 0
    unfinished: int = 0
    files: int = 0
    beyond: int = 0
    lost: int = 0
    named: list[str] = field(default_factory=list)
    written: int = 0
    unknown: int = 0
    log_trouble: str = ""


def restore(
    file: IO[bytes],
    database: Database,
    bucket: Bucket,
    log: Path,
    keep_uploads_s: float,
    on_progress: OnProgress = lambda _: None,
) -> Restored:
    """Restore a backup. Only safe when no process of the service is running. Constant memory.

    Raises Conflict if the database is not empty or the log belongs to another one, InvalidInput if the file is not a
    whole backup or is of a newer version, DependencyAway, StorageFull. After any of these the database is empty and the
    bucket unchanged, unless the message says otherwise.
    """
    with database.reading() as db:
        _check_empty(db)
    reader = Reader(file)
    made_at, schema = str(reader.about.get("made_at")), str(reader.about.get("schema"))
    if not (MADE_AT.fullmatch(made_at) and SCHEMA.fullmatch(schema)):
        raise InvalidInput("this backup is damaged: it does not say when it was made, or with which schema")
    if schema > migrations.HEAD:
        raise InvalidInput(
            f"this backup is of a newer version of md5-service: its schema is {schema}, and this version knows schemas up to "
            f"{migrations.HEAD}; restore it with the newer version"
        )
    _make_folders(bucket, log)
    with staging(bucket, "restore") as stage:
        tables = _unpack(reader, bucket, stage, log, on_progress)
        on_progress("the schema")
        migrations.upgrade(database)
        if not (is_current := schema == migrations.HEAD):
            migrations.downgrade(database, schema)  # the database is empty
        had_others = _has_any(bucket)
        with loading(database) as db:
            _check_empty(db)
            _load(db, tables, reader, stage, on_progress)
            if is_current:
                _begin_again(db)
            mark = orphans.set_mark(log, made_at) if had_others else None
            try:
                restored = Restored(made_at, files=stage.move_into_bucket())
            except BaseException:
                _remove(mark)
                raise
    if not is_current:
        on_progress("the schema of this version")
        _bring_up_to_date(database, schema)
    on_progress("the log")
    restored.unknown = _count_unknown(database, bucket) if mark else 0
    if not restored.unknown:
        _remove(mark)
    _count(database, restored)
    _bring_log_in_line(database, log, keep_uploads_s, restored)
    return restored


def _make_folders(bucket: Bucket, log: Path) -> None:
    """Create the folders, as `md5-service migrate` does."""
    try:
        bucket.make()
        log.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DependencyAway(
            f"the folder for the bucket or log cannot be created: {error.strerror}: {error.filename}"
        ) from error


def _remove(mark: Path | None) -> None:
    if mark is not None:
        with suppress(OSError):
            mark.unlink()


def _check_empty(db: Connection) -> None:
    there = set(inspect(db).get_table_names())
    for name in metadata.tables.keys() & there - {log_head.name}:
        if db.scalar(select(literal_column("1")).select_from(table(name)).limit(1)):
            raise Conflict(
                f"the database is not empty: {name} has rows. A backup can only be restored into an empty database: name "
                "another one, or move this one elsewhere"
            )


def _unpack(reader: Reader, bucket: Bucket, stage: Staging, log: Path, on_progress: OnProgress) -> list[str]:
    """R1 and R2. Returns the names of the tables."""
    tables: list[str] = []
    files = 0
    for member in reader.members():
        if member.name == LOG:
            if verify.is_of_another(log, member.blocks()):
                raise Conflict(
                    f"the log {log} does not belong to this backup: its lines differ. Use the right backup, or move that file "
                    "elsewhere; the log is then rewritten from the backup"
                )
        elif found := BYTES.fullmatch(member.name):
            files += 1
            on_progress(f"{files} stored files")
            if bucket.size(found[2]) != member.size:
                _keep(member, stage.place(found[2]))
        elif (found := ROWS.fullmatch(member.name)) and found[1] in metadata.tables:
            tables.append(found[1])
            _keep(member, stage.rows(found[1]))
        else:
            raise InvalidInput(f"this backup has a member that this version does not know: {member.name[:200]!r}")
    return tables


def _keep(member: Member, place: Path) -> None:
    """Write the member to this place, durably."""
    with outages(), open(place, "wb") as file:  # buffered, so that `write` writes whole blocks
        os.fchmod(file.fileno(), 0o600)
        for block in member.blocks():
            file.write(block)
        file.flush()
        os.fsync(file.fileno())


def _load(db: Connection, tables: list[str], reader: Reader, stage: Staging, on_progress: OnProgress) -> None:
    held = reader.holds.get("rows")
    if not isinstance(held, dict) or len(set(tables)) < len(tables):
        raise InvalidInput("this backup is damaged: its list of tables is wrong")
    for name in tables:
        on_progress(f"rows of {name}")
        with outages(), open(stage.rows(name), "rb") as packed:
            try:
                loaded = load(db, name, packed)
            except (DataError, IntegrityError, ProgrammingError) as error:
                raise InvalidInput(f"this database does not accept the rows of {name}: {error.orig}") from error
        if loaded != held.get(name):
            raise InvalidInput(f"this backup is damaged: it has {loaded} rows of {name}, not {held.get(name)}")
    if missing := {"tasks", "log_head"} - set(tables):
        raise InvalidInput(f"this backup is damaged: it has no table {missing.pop()}")


def _begin_again(db: Connection) -> None:
    """No worker is running, and the broker has no messages."""
    sweep.restart(db)
    sweep.hint_all(db)
    idempotency.release_all(db)


def _bring_up_to_date(database: Database, schema: str) -> None:
    """R5."""
    try:
        migrations.upgrade(database)
    except DependencyAway as error:
        raise DependencyAway(
            f"everything is restored, but the schema is still that of the backup, {schema}: {error}; when that is fixed, run "
            "`md5-service migrate`"
        ) from error
    with loading(database) as db:
        _begin_again(db)


def _has_any(bucket: Bucket) -> bool:
    return any(not stored.is_incoming for stored in bucket.stored())


def _count_unknown(database: Database, bucket: Bucket) -> int:
    stored = (file for file in bucket.stored() if not file.is_incoming)  # half-received files were never promised
    unknown = 0
    while batch := list(islice(stored, orphans.BATCH)):
        unknown += len(orphans.orphans(database, batch))
    return unknown


def _count(database: Database, restored: Restored) -> None:
    with database.reading() as db:
        counts = select(func.count(), func.count(case((UNFINISHED, 1)))).where(~IS_PART)
        restored.tasks, restored.unfinished = db.execute(counts).one()


def _bring_log_in_line(database: Database, log: Path, keep_uploads_s: float, restored: Restored) -> None:
    """R6."""
    with database.reading() as db:
        length = read_log_head(db).length
        with suppress(FileNotFoundError):
            lacks = log_lines.c.offset >= log.stat().st_size
            restored.written = db.execute(select(func.count()).select_from(log_lines).where(lacks)).scalar_one()
    lines = verify.lines_beyond(log, length)
    while batch := {str(line.get("id")): line.get("name") for line in islice(lines, orphans.BATCH)}:
        with database.reading() as db:
            known = {row["id"] for row in tasks.rows(db, filter(is_id, batch))}
        lost = [f"{task_id} {name!r}" for task_id, name in batch.items() if task_id not in known]
        restored.beyond += len(batch)
        restored.lost += len(lost)
        restored.named += lost[: SHOWN - len(restored.named)]
    try:
        SharedLog(database, log, keep_uploads_s).flush()
    except LogBusy:
        restored.log_trouble = "another process is writing to it; is the service running?"
    except DependencyAway as error:
        restored.log_trouble = str(error)
