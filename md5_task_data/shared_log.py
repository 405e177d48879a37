"""The log: exactly one line per finished task, in one file that many workers on many hosts share.

The table `log_lines` is the log, and decides where each line stands in the file; the file follows it. One writer at a
time (`fcntl.lockf`) writes for everybody:

    L1  lock the file (LOCK_EX | LOCK_NB); busy: LogBusy, and the caller comes back later
    L2  one transaction: lock the head row; computed tasks get their lines and offsets; the head moves on
    L3  write what lies between `flushed` and `length` at its offsets; fdatasync
    L4  one transaction: `flushed` moves forward; the tasks up to there take their outcome as status
    L5  unlock

A crash anywhere leaves nothing to undo: L2 and L4 are atomic, and L3 writes the same bytes to the same place however
often and by whomever. `tests/data/log_model.py` checks every order of these steps, kills and power losses among them.

POSIX locks bite: any close of any descriptor of that file in the process drops the lock, and threads do not exclude one
another. So this module alone opens the file, once a process (`verify` reads it, in a process of its own). Limits: NFSv4
works, SMB does not; a stopped process that holds the lock holds up the log, not the results.
"""

import fcntl
import hashlib
import json
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Connection, RowMapping, and_, exists, func, insert, select, update

from md5_task_data import statistics
from md5_task_data.database import Database
from md5_task_data.durable import sync_folder
from md5_task_data.errors import DependencyAway
from md5_task_data.failpoints import reach
from md5_task_data.schema import SECOND, UNFINISHED, log_head, log_lines, now, rfc3339, searched_now, tasks

FIRST_HASH = "0" * 64
LONGEST_LINE = 1 << 20  # bytes; ours have a few hundred
BATCH = 500  # lines that one transaction appends, and that one write carries
Tell = Callable[[Sequence[RowMapping]], None]


class LogBusy(Exception):
    """Another process is writing to the log, for us too; come back later and ask whether anything is left."""


class Head(NamedTuple):
    """The head row: last line's number and hash; bytes that the file must have, and has, durably."""

    seq: int
    length: int
    hash: str
    flushed: int


class SharedLog:
    """One a process: it keeps the only descriptor of the file. Opens nothing before the first `flush`.

    The bytes of what ends here are due to be deleted `keep_uploads_s` later; `tell` is given `statistics.traced` of it.
    """

    def __init__(self, database: Database, path: Path, keep_uploads_s: float = 0, tell: Tell | None = None) -> None:
        self._database = database
        self._path = path
        self._keep_uploads = int(keep_uploads_s * SECOND)
        self._tell = tell
        self._descriptor = -1
        self._thread_lock = threading.Lock()  # lockf does not keep threads apart
        self._busy = 0  # how often it was, since this process last had its turn

    def pending(self) -> bool:
        """Whether anything is left to write."""
        with self._database.reading() as db:
            head = _head(db)
            return head.flushed < head.length or bool(db.scalar(select(exists().where(_is_computed()))))

    def flush(self) -> int:
        """Write the lines of all computed tasks; they are `done`, `failed` or `cancelled` when this returns.

        Returns the number of new lines. Raises LogBusy when somebody else is writing, DependencyAway when the folder or
        the database cannot be used.
        """
        if not self._thread_lock.acquire(blocking=False):
            self._busy += 1
            raise LogBusy
        try:
            with self._locked():
                reach("log.locked")
                return self._flush()
        except OSError as error:
            self._close()  # after a failed fdatasync a descriptor can no longer be trusted
            raise DependencyAway(f"the log {self._path} cannot be written: {error.strerror}") from error
        finally:
            self._thread_lock.release()

    def _flush(self) -> int:
        appended = 0
        while True:
            size = os.fstat(self._descriptor).st_size  # before L2: whatever another writer put there is in the table
            head, count = self._append_lines(size)
            start = min(head.flushed, size)  # shorter than it was: a lost disk or an old copy; write it again
            if start < head.length:
                self._write_lines(start, head.length)
                self._settle(head)
            appended += count
            if count < BATCH:
                return appended

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """L1 and L5."""
        self._open()
        try:
            fcntl.lockf(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (BlockingIOError, PermissionError):  # EAGAIN or EACCES, as the system likes
            self._busy += 1
            raise LogBusy from None
        try:
            yield
        finally:
            if self._descriptor >= 0:
                fcntl.lockf(self._descriptor, fcntl.LOCK_UN)

    def _open(self) -> None:
        """Open the file, again where another one now stands under its name."""
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

    def _append_lines(self, size: int) -> tuple[Head, int]:
        """L2. Also keeps what stands in the file beyond the table's end: the database was restored to an older moment."""
        with self._database.transaction() as db:
            head = _head(db, lock=True)
            if size > head.length:
                self._save_tail(head.length, size)
            unlogged = ~exists().where(log_lines.c.task_id == tasks.c.id)
            query = select(tasks).where(_is_computed(), unlogged).order_by(tasks.c.due_at, tasks.c.id).limit(BATCH)
            rows = db.execute(query).mappings().all()
            lines = []
            for row in rows:
                line = log_line(head.seq + 1, row, head.hash)
                lines.append({"seq": head.seq + 1, "task_id": row["id"], "offset": head.length, "line": line})
                raw = line.encode()
                head = Head(head.seq + 1, head.length + len(raw) + 1, hashlib.sha256(raw).hexdigest(), head.flushed)
            if lines:
                db.execute(insert(log_lines), lines)
                moved = update(log_head).values(seq=head.seq, length=head.length, hash=head.hash)
                db.execute(moved.values(busy=log_head.c.busy + (busy := self._busy)))
                self._busy -= busy
            reach("log.appended")
        reach("log.appended.committed")
        return head, len(lines)

    def _write_lines(self, start: int, end: int) -> None:
        """L3. The line that spans `start` is written whole."""
        with self._database.reading() as db:
            at = db.scalar(select(func.max(log_lines.c.offset)).where(log_lines.c.offset <= start))
        while at < end:
            query = select(log_lines.c.line).where(log_lines.c.offset >= at, log_lines.c.offset < end)
            with self._database.reading() as db:
                lines = db.scalars(query.order_by(log_lines.c.offset).limit(BATCH)).all()
            block = memoryview("".join(f"{line}\n" for line in lines).encode())
            while block:
                written = os.pwrite(self._descriptor, block, at)
                at += written
                block = block[written:]
        reach("log.written")
        os.fdatasync(self._descriptor)
        reach("log.synced")

    def _settle(self, head: Head) -> None:
        """L4."""
        with self._database.transaction() as db:
            _head(db, lock=True)  # a writer that lost the lock of the file must not count the same tasks again
            forward = and_(log_head.c.id == 1, log_head.c.flushed < head.length)
            db.execute(update(log_head).where(forward).values(flushed=head.length))
            written = exists().where(log_lines.c.task_id == tasks.c.id, log_lines.c.offset < head.length)
            ended = and_(UNFINISHED, tasks.c.status == "computed", written)
            statistics.count(db, ended)
            traced = statistics.traced(db, ended) if self._tell else ()
            at_end = {"status": tasks.c.outcome, "finished_at": now(), "due_at": now() + self._keep_uploads}
            db.execute(update(tasks).where(ended).values(at_end))
            reach("log.settled")
        reach("log.settled.committed")
        if self._tell:
            self._tell(traced)

    def _save_tail(self, length: int, size: int) -> None:
        """Move what the table does not know of into a file beside the log: never a silent cut."""
        saved = self._path.with_name(f"{self._path.name}.beyond-{length}-{size}")
        with open(saved, "wb") as beside:
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


def log_line(seq: int, task: RowMapping, prev: str) -> str:
    """The line of a task, without its newline: JSON, so that whatever stands in a name, a line stays one line."""
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


class Verdict(NamedTuple):
    """What `verify` found: lines that are right, and what is wrong after them (None: nothing)."""

    lines: int
    wrong: str | None


def verify(path: Path, database: Database | None = None) -> Verdict:
    """Walk the hash chain of a log file, with flat memory. Raises OSError when it cannot be read, DependencyAway.

    Each line vouches for the one before it, so the chain alone shows lines that were changed, moved, or removed from the
    middle. The last line, and a cut at the end, only the table can show: it is asked where a database is given. A chain
    shows accidents and careless hands; whoever can write the file and the database can make a new one.
    """
    flushed = 0
    if database is not None:
        with database.reading() as db:
            flushed = _head(db).flushed  # before the file is read: meanwhile it only grows
    seq, prev, length = 0, FIRST_HASH, 0
    with open(path, "rb") as file:
        while raw := file.readline(LONGEST_LINE):
            if not raw.endswith(b"\n"):
                return Verdict(seq, f"line {seq + 1} is not complete (its newline is missing)")
            if wrong := _wrong(raw[:-1], seq + 1, prev):
                return Verdict(seq, f"line {seq + 1} {wrong}")
            seq, prev, length = seq + 1, hashlib.sha256(raw[:-1]).hexdigest(), length + len(raw)
    if database is not None and seq and _hash_in_table(database, seq) != prev:
        return Verdict(seq - 1, f"line {seq} is not what the database says: it was changed")
    if length < flushed:
        return Verdict(seq, f"after line {seq} lines are missing: the file was cut, the database has more")
    return Verdict(seq, None)


def _hash_in_table(database: Database, seq: int) -> str | None:
    with database.reading() as db:
        line = db.scalar(select(log_lines.c.line).where(log_lines.c.seq == seq))
    return None if line is None else hashlib.sha256(line.encode()).hexdigest()


def _wrong(raw: bytes, seq: int, prev: str) -> str | None:
    try:
        line: Any = json.loads(raw)
    except (ValueError, RecursionError):
        return "is not JSON: it was changed or torn"
    if not isinstance(line, dict) or "prev" not in line:
        return "is not a line of this log"
    if line.get("seq") != seq:
        return f"has the number {line.get('seq')}: a line was removed, added or moved"
    if line["prev"] != prev:
        return "does not follow from the line before it: one of the two was changed"
    return None


def _head(db: Connection, *, lock: bool = False) -> Head:
    query = select(log_head.c.seq, log_head.c.length, log_head.c.hash, log_head.c.flushed).where(log_head.c.id == 1)
    return Head(*db.execute(query.with_for_update() if lock else query).one())


def _is_computed() -> Any:
    """Computed tasks are due from the moment that they were: the index on `due_at` finds them, in finishing order."""
    return and_(tasks.c.status == "computed", tasks.c.due_at <= searched_now())
