"""The log: exactly one line per finished task, in one file shared by many workers on many hosts.

The table `log_lines` is the log and decides where each line stands in the file; the file follows the table. One writer
at a time (`fcntl.lockf`) writes for everybody:

    L1  lock the file (LOCK_EX | LOCK_NB); if it is locked, LogBusy is raised and the caller retries later
    L2  one transaction: lock the head row; computed tasks get their lines and offsets; the head moves on
    L3  write what lies between `flushed` and `length` at its offsets; fdatasync
    L4  one transaction: `flushed` moves forward; the tasks up to there take their outcome as status
    L5  unlock

A crash at any point leaves nothing to undo: L2 and L4 are atomic, and L3 writes the same bytes to the same place,
no matter which process does it, and how often. `tests/data/log_model.py` checks every order of these steps, with
kills and power losses.

Beware of POSIX locks: closing any descriptor of the file in the process drops the lock, and threads do not exclude one
another. So only this module opens the file, once per process (`log.verify` reads it in a process of its own). Limits:
NFSv4 works, SMB does not; a stopped process that holds the lock delays the log, but not the results.
"""

import fcntl
import hashlib
import json
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import BigInteger, Connection, RowMapping, and_, bindparam, case, exists, func, select, update

from md5_task_data.bucket.durable import no_link, sync_folder
from md5_task_data.database.bulk import insert_all
from md5_task_data.database.engine import Database
from md5_task_data.database.options import LATER
from md5_task_data.errors import DependencyAway
from md5_task_data.failpoints import reach
from md5_task_data.log import statistics
from md5_task_data.schema import SECOND, UNFINISHED, Row, log_head, log_lines, rfc3339, tasks
from md5_task_data.sql import now, searched_now

FIRST_HASH = "0" * 64
BATCH = 500  # lines per transaction, and per write
OnSettled = Callable[[Sequence[RowMapping]], None]


# The statements are built once: building one takes longer than the database needs to run it.
_HEAD = select(*(log_head.c[name] for name in ("seq", "length", "hash", "flushed"))).where(log_head.c.id == 1)
_LOCKED_HEAD = _HEAD.with_for_update()
# A task is due from the moment it was computed, so the index on `due_at` finds these tasks in finishing order.
_COMPUTED = and_(tasks.c.status == "computed", tasks.c.due_at <= searched_now())
_PENDING = select(exists().where(_COMPUTED))
_OWED = (
    select(*(tasks.c[name] for name in ("id", "kind", "outcome", "result", "filename", "size", "computed_at")))
    .where(_COMPUTED, ~exists().where(log_lines.c.task_id == tasks.c.id))
    .order_by(tasks.c.due_at, tasks.c.id)
    .limit(BATCH)
)
_APPENDED = (
    update(log_head)
    .values(
        seq=bindparam("seq"),
        length=bindparam("length"),
        hash=bindparam("hash"),
        busy=log_head.c.busy + bindparam("more_busy"),
    )
    .execution_options(**LATER)
)
_WRITTEN = bindparam("written", type_=BigInteger)  # bytes known to be in the file
# Locks the row, so that a writer that lost the lock of the file cannot count the same tasks again.
_FORWARD = (
    update(log_head)
    .where(log_head.c.id == 1)
    .values(flushed=case((log_head.c.flushed < _WRITTEN, _WRITTEN), else_=log_head.c.flushed))
    .execution_options(**LATER)
)
_ENDING = and_(
    UNFINISHED,
    tasks.c.status == "computed",
    exists().where(log_lines.c.task_id == tasks.c.id, log_lines.c.offset < _WRITTEN),
)
_END = (
    update(tasks)
    .where(_ENDING)
    .values({"status": tasks.c.outcome, "finished_at": now(), "due_at": now() + bindparam("keep", type_=BigInteger)})
    .execution_options(**LATER)
)


class LogBusy(Exception):
    """Another process is writing to the log, for this one, too. Come back later and ask whether anything is left to write."""


class Head(NamedTuple):
    """The head row: number and hash of the last line; the bytes that the file must have, and those durably in it."""

    seq: int
    length: int
    hash: str
    flushed: int


class SharedLog:
    """Writes the log; one per process, which holds the only descriptor of the file. Opens nothing before the first
    `flush`.

    The bytes of tasks that finish here are due to be deleted `keep_uploads_s` later. `on_settled` is called with their
    `statistics.traced`.
    """

    def __init__(
        self, database: Database, path: Path, keep_uploads_s: float = 0, on_settled: OnSettled | None = None
    ) -> None:
        self._database = database
        self._path = path
        self._keep_uploads = int(keep_uploads_s * SECOND)
        self._on_settled = on_settled
        self._descriptor = -1
        self._thread_lock = threading.Lock()  # lockf does not keep threads apart
        self._busy = 0  # how often the file was locked since this process last wrote

    def pending(self) -> bool:
        """Whether anything is left to write."""
        with self._database.reading() as db:
            head = read_log_head(db)
            return head.flushed < head.length or bool(db.scalar(_PENDING))

    def flush(self) -> int:
        """Write the lines of all computed tasks; when this returns, they are `done`, `failed` or `cancelled`.

        Returns the number of new lines. Raises LogBusy if another process or thread is writing, and DependencyAway if
        the folder or the database is unavailable.
        """
        if not self._thread_lock.acquire(blocking=False):
            self._busy += 1
            raise LogBusy
        try:
            with self._locked():
                reach("log.locked")
                return self._flush()
        except OSError as error:
            self._close()  # a descriptor cannot be trusted after a failed fdatasync
            raise DependencyAway(f"the log {self._path} cannot be written: {error.strerror}") from error
        finally:
            self._thread_lock.release()

    def _flush(self) -> int:
        appended = 0
        while True:
            size = os.fstat(
                self._descriptor
            ).st_size  # before L2: the table then has all that other writers have written
            head, lines = self._append_lines(size)
            start = min(head.flushed, size)  # a file shorter than `flushed` (a lost disk, an old copy) is rewritten
            if start < head.length:
                self._write_lines(start, head.length, lines)
                self._settle(head)
            appended += len(lines)
            if len(lines) < BATCH:
                return appended

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """L1 and L5."""
        self._open()
        try:
            fcntl.lockf(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (BlockingIOError, PermissionError):  # EAGAIN or EACCES, depending on the system
            self._busy += 1
            raise LogBusy from None
        try:
            yield
        finally:
            if self._descriptor >= 0:
                fcntl.lockf(self._descriptor, fcntl.LOCK_UN)

    def _open(self) -> None:
        """Open the file, or reopen it if its name now belongs to another file."""
        if self._descriptor >= 0:
            ours = os.fstat(self._descriptor)
            try:
                there = self._path.stat()
            except FileNotFoundError:
                there = None
            if there is None or (there.st_dev, there.st_ino) != (ours.st_dev, ours.st_ino):
                self._close()
        if self._descriptor < 0:
            is_new = not self._path.exists()
            self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
            if is_new:
                sync_folder(self._path.parent)

    def _close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _append_lines(self, size: int) -> tuple[Head, list[Row]]:
        """L2. Returns the new head and the new lines. Whatever the file has beyond the table's end is saved: the database
        was restored to an older state."""
        with self._database.transaction() as db:
            head = read_log_head(db, lock=True)
            if size > head.length:
                self._save_tail(head.length, size)
            lines: list[Row] = []
            for row in db.execute(_OWED).mappings():
                line = log_line(head.seq + 1, row, head.hash)
                lines.append({"seq": head.seq + 1, "task_id": row["id"], "offset": head.length, "line": line})
                raw = line.encode()
                head = Head(head.seq + 1, head.length + len(raw) + 1, hashlib.sha256(raw).hexdigest(), head.flushed)
            if lines:
                insert_all(db, log_lines, lines)
                moved = {"seq": head.seq, "length": head.length, "hash": head.hash, "more_busy": (busy := self._busy)}
                db.execute(_APPENDED, moved)
                self._busy -= busy
            reach("log.appended")
        reach("log.appended.committed")
        return head, lines

    def _write_lines(self, start: int, end: int, new: Sequence[Row]) -> None:
        """L3. Usually exactly the new lines. A line that spans `start` is written whole."""
        if new and new[0]["offset"] == start:
            self._write([row["line"] for row in new], start)
        else:
            with self._database.reading() as db:
                at = db.execute(select(func.max(log_lines.c.offset)).where(log_lines.c.offset <= start)).scalar_one()
            while at < end:
                query = select(log_lines.c.line).where(log_lines.c.offset >= at, log_lines.c.offset < end)
                with self._database.reading() as db:
                    lines = db.scalars(query.order_by(log_lines.c.offset).limit(BATCH)).all()
                at = self._write(lines, at)
        reach("log.written")
        os.fdatasync(self._descriptor)
        reach("log.synced")

    def _write(self, lines: Sequence[str], at: int) -> int:
        """Write the lines at this offset; returns where they end."""
        block = memoryview("".join(f"{line}\n" for line in lines).encode())
        while block:
            written = os.pwrite(self._descriptor, block, at)
            at += written
            block = block[written:]
        return at

    def _settle(self, head: Head) -> None:
        """L4."""
        with self._database.transaction() as db:
            db.execute(_FORWARD, {"written": head.length})
            statistics.count(db, _ENDING, {"written": head.length})
            traced = statistics.traced(db, _ENDING, {"written": head.length}) if self._on_settled else ()
            db.execute(_END, {"written": head.length, "keep": self._keep_uploads})
            reach("log.settled")
        reach("log.settled.committed")
        if self._on_settled:
            self._on_settled(traced)

    def _save_tail(self, length: int, size: int) -> None:
        """Move what the table does not know into a file beside the log; nothing is ever cut off silently."""
        saved = self._path.with_name(f"{self._path.name}.beyond-{length}-{size}")
        with open(saved, "wb", opener=no_link) as beside:
            at = length
            while at < size:
                piece = os.pread(self._descriptor, min(1 << 20, size - at), at)
                if not piece:
                    break
                beside.write(piece)
                at += len(piece)
            beside.flush()
            os.fsync(beside.fileno())
        sync_folder(saved.parent)
        os.ftruncate(self._descriptor, length)


def log_line(seq: int, task: Row, prev: str) -> str:
    """The line of a task, without its newline. It is JSON, so that any file name still makes exactly one line."""
    line = {
        "seq": seq,
        "at": rfc3339(task["computed_at"]),
        "id": task["id"],
        "kind": task["kind"],
        "outcome": task["outcome"],
        "result": task["result"],
        "name": task["filename"],
        "size": task["size"],
        "prev": prev,
    }
    return json.dumps(line, ensure_ascii=False, separators=(",", ":"))


def read_log_head(db: Connection, *, lock: bool = False) -> Head:
    """The head row of the table."""
    return Head(*db.execute(_LOCKED_HEAD if lock else _HEAD).one())
