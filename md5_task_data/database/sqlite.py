"""SQLite for many writing processes: WAL, synchronous=FULL, and a queue (a `flock`) in front of the write lock, because
SQLite's own busy handler starves some writers for a second while others pass."""

import fcntl
import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL

from md5_task_data.database.make import Make
from md5_task_data.database.options import only_reads
from md5_task_data.database.outages import Codes
from md5_task_data.errors import DependencyAway

BUSY_TIMEOUT_S = 10
SHORTEST_PAUSE_S, LONGEST_PAUSE_S = 0.0002, 0.003  # between two attempts at the writers' lock


def _code(error: BaseException) -> int:
    """The primary result code; 0 for errors that are not SQLite's."""
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF


class SQLite(Make):
    """A database file, and a lock file beside it for its writers."""

    codes = Codes(_code, {sqlite3.SQLITE_FULL}, {sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT})

    def __init__(self, url: URL) -> None:
        super().__init__(url)
        self._write_queue = f"{url.database}.lock"
        self._writer = threading.Lock()

    def engine(self, echo: bool, pool_size: int) -> Engine:
        busy = {"timeout": BUSY_TIMEOUT_S}
        engine = create_engine(self.url, echo=echo, pool_size=pool_size, max_overflow=0, connect_args=busy)
        event.listen(engine, "connect", _prepare)
        event.listen(engine, "begin", _begin)
        return engine

    @contextmanager
    def turn_to_write(self) -> Iterator[None]:
        """The threads of a process queue first; the first of them then queues with other processes."""
        deadline = time.monotonic() + BUSY_TIMEOUT_S
        if not self._writer.acquire(timeout=BUSY_TIMEOUT_S):
            raise _busy()
        try:
            with _locked(self._write_queue, deadline):
                yield
        finally:
            self._writer.release()


def _prepare(connection: sqlite3.Connection, _: object) -> None:
    connection.isolation_level = None  # `_begin` sends BEGIN
    connection.create_function("now_us", 0, lambda: time.time_ns() // 1000)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA foreign_keys=ON")


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN" if only_reads(connection) else "BEGIN IMMEDIATE")


@contextmanager
def _locked(path: str, deadline: float) -> Iterator[None]:
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise DependencyAway(f"the database's folder is unavailable: {error.strerror}") from error
    try:
        pause_s = SHORTEST_PAUSE_S
        while not _try_lock(descriptor):
            if time.monotonic() > deadline:
                raise _busy()
            time.sleep(pause_s)  # a waiting flock has no timeout
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)
        yield
    finally:
        os.close(descriptor)


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _busy() -> DependencyAway:
    return DependencyAway(f"the database was locked by other writers for {BUSY_TIMEOUT_S} s")
