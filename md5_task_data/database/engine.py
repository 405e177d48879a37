"""One database, three makes: a writing transaction and a reading one, and nothing else is ever used.

SQLite is set so that many processes can write: WAL, synchronous=FULL, and a queue before the write lock (a `flock`),
because SQLite's own busy handler starves some writers for a second while others pass.
"""

import fcntl
import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, ExecutionContext, make_url
from sqlalchemy.exc import DBAPIError, DisconnectionError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import ConnectionPoolEntry

from md5_task_data.database.socket_deadline import Patience
from md5_task_data.errors import DependencyAway, StorageFull

BUSY_TIMEOUT_S = 10
STATEMENT_TIMEOUT_S = 10  # also for a lock, and for a transaction that stands still: a dead host's locks are free then
ANSWER_TIMEOUT_S = 15  # for a whole transaction: longer than the server's own limits, for when it cannot keep them
PING_TIMEOUT_S = 1
SURELY_ALIVE_S = 0.5  # since it was last used
CONNECT_TIMEOUT_S = 2
KEEPALIVES = {"keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 3}  # of PostgreSQL's connections
SHORTEST_PAUSE_S, LONGEST_PAUSE_S = 0.0002, 0.003  # between two looks at the lock of SQLite's writers
# An execution option: nobody asks what came of this statement before the end of its transaction. So PostgreSQL gets it with the
# next one, in one message; its errors are raised there, or by the COMMIT.
LATER = {"is_sent_later": True}
# For URLs that name none.
DRIVERS = {"postgresql": "postgresql+psycopg2", "mariadb": "mariadb+pymysql", "mysql": "mysql+pymysql"}


class Database:
    """An engine, and the only two ways to use it. Opens no connection before the first use; safe to make before a fork."""

    def __init__(self, url: str, *, echo: bool = False, pool_size: int = 10) -> None:
        self.url = make_url(url)
        if self.url.drivername in DRIVERS:
            self.url = self.url.set(drivername=DRIVERS[self.url.drivername])
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self._is_postgresql = self.url.get_backend_name() == "postgresql"
        self._patience = Patience()
        self.engine = (
            _sqlite(self.url, echo, pool_size)
            if self.is_sqlite
            else _postgresql(self.url, echo, pool_size, self._patience)
            if self._is_postgresql
            else _mariadb(self.url, echo, pool_size)
        )
        self._write_queue = f"{self.url.database}.lock" if self.is_sqlite else None
        self._writer = threading.Lock()
        self._reading = self.engine.execution_options(only_reads=True)

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """One writing transaction: committed at the end of the block, rolled back on any exception.

        Raises DependencyAway when the database cannot be reached, StorageFull when its disk is full. Keep it short, and
        never await in it.
        """
        with outages(), self._turn_to_write(), self._connection(self.engine) as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """What is committed, without a write lock: on SQLite one consistent view, elsewhere each statement has its own. Raises
        DependencyAway as `transaction` does."""
        with outages(), self._connection(self._reading) as connection:
            yield connection

    @contextmanager
    def _connection(self, engine: Engine) -> Iterator[Connection]:
        with engine.connect() as connection, self._limit(connection), connection.begin():
            yield connection

    def _limit(self, connection: Connection) -> AbstractContextManager[None]:
        if not self._is_postgresql:
            return nullcontext()
        return self._patience.limit(_socket_of(connection.connection.dbapi_connection), ANSWER_TIMEOUT_S)

    @contextmanager
    def _turn_to_write(self) -> Iterator[None]:
        """SQLite's writers queue: the threads of a process first, then one of them with those of other processes."""
        if self._write_queue is None:
            yield
            return
        deadline = time.monotonic() + BUSY_TIMEOUT_S
        if not self._writer.acquire(timeout=BUSY_TIMEOUT_S):
            raise _busy()
        try:
            with _locked(self._write_queue, deadline):
                yield
        finally:
            self._writer.release()

    def close(self) -> None:
        self.engine.dispose()


@contextmanager
def _locked(path: str, deadline: float) -> Iterator[None]:
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise DependencyAway(f"the database's folder cannot be used: {error.strerror}") from error
    try:
        pause_s = SHORTEST_PAUSE_S
        while not _try_lock(descriptor):
            if time.monotonic() > deadline:
                raise _busy()
            time.sleep(pause_s)  # a flock that waits knows no time limit
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
    return DependencyAway(f"others have been writing to the database for {BUSY_TIMEOUT_S} s")


@contextmanager
def outages() -> Iterator[None]:
    """Says of a database's error what it means to us: StorageFull, DependencyAway; what is neither stays as it is."""
    try:
        yield
    except (OperationalError, InterfaceError, PoolTimeout) as error:
        if _is_full(error):
            raise StorageFull("the disk of the database is full") from error
        raise DependencyAway(f"the database cannot be used: {_first_line(error)}") from error
    except DBAPIError as error:
        if error.connection_invalidated or _is_unusable(error):
            raise DependencyAway(f"the database cannot be used: {_first_line(error)}") from error
        raise


FULL_ON_POSTGRESQL = "53100"
FULL_ON_MARIADB = (1021, 1114)  # ER_DISK_FULL, ER_RECORD_FILE_FULL
# A standby, after a failover; a schema that is not (yet) of this version.
UNUSABLE_ON_POSTGRESQL = ("25006", "42P01", "42703")
UNUSABLE_ON_MARIADB = (1146, 1054)


def _is_full(error: Exception) -> bool:
    original = getattr(error, "orig", None)
    return (
        _sqlite_code(error) == sqlite3.SQLITE_FULL
        or getattr(original, "pgcode", None) == FULL_ON_POSTGRESQL
        or _mariadb_code(error) in FULL_ON_MARIADB
    )


def _is_unusable(error: Exception) -> bool:
    return (
        _sqlite_code(error) in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT)
        or getattr(getattr(error, "orig", None), "pgcode", None) in UNUSABLE_ON_POSTGRESQL
        or _mariadb_code(error) in UNUSABLE_ON_MARIADB
    )


def _mariadb_code(error: Exception) -> object:
    """The server's error number; None for errors of others."""
    original: Any = getattr(error, "orig", None)
    return next(iter(original.args), None) if isinstance(original, Exception) else None


def _sqlite_code(error: Exception) -> int:
    """SQLite's primary result code; 0 for errors of others."""
    return int(getattr(getattr(error, "orig", None), "sqlite_errorcode", 0)) & 0xFF


def _first_line(error: Exception) -> str:
    return str(getattr(error, "orig", None) or error).strip().partition("\n")[0]


def _sqlite(url: URL, echo: bool, pool_size: int) -> Engine:
    engine = create_engine(
        url, echo=echo, pool_size=pool_size, max_overflow=0, connect_args={"timeout": BUSY_TIMEOUT_S}
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _: object) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves
        connection.create_function("now_us", 0, lambda: time.time_ns() // 1000)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN" if _only_reads(connection) else "BEGIN IMMEDIATE")

    return engine


def _only_reads(connection: Connection) -> bool:
    return bool(connection.get_execution_options().get("only_reads"))


def _postgresql(url: URL, echo: bool, pool_size: int, patience: Patience) -> Engine:
    from md5_task_data.database import postgresql  # not where SQLite is all that there is

    limits = ("statement_timeout", "idle_in_transaction_session_timeout")
    timeouts = " ".join(f"-c {limit}={STATEMENT_TIMEOUT_S}s" for limit in limits)
    connect = {"connect_timeout": CONNECT_TIMEOUT_S, "options": timeouts, **KEEPALIVES}
    engine = _server(
        url, echo, pool_size, connect | {"connection_factory": postgresql.Connection}, use_native_hstore=False
    )

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        if not _only_reads(connection):
            driver: Any = connection.connection.dbapi_connection
            driver.begin()

    @event.listens_for(engine, "do_execute")
    def send_later(cursor: Any, statement: str, parameters: Any, context: ExecutionContext) -> bool:
        if is_later := bool(context.execution_options.get("is_sent_later")):
            cursor.connection.later(cursor.mogrify(statement, parameters))
        return is_later

    @event.listens_for(engine, "checkin")
    def note(_connection: object, record: ConnectionPoolEntry) -> None:
        record.info["idle_since"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def ping(connection: Any, record: ConnectionPoolEntry, _proxy: object) -> None:
        """As the pool's own `pre_ping`, which knows no limit: a connection that does not answer is made anew. One that has
        answered a moment ago is not asked."""
        if time.monotonic() - record.info.get("idle_since", float("-inf")) < SURELY_ALIVE_S:
            return
        try:
            with patience.limit(_socket_of(connection), PING_TIMEOUT_S):
                engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            raise DisconnectionError from error

    return engine


def _mariadb(url: URL, echo: bool, pool_size: int) -> Engine:
    limits = ("innodb_lock_wait_timeout", "max_statement_time", "idle_transaction_timeout")
    connect = {
        "connect_timeout": CONNECT_TIMEOUT_S,
        "read_timeout": ANSWER_TIMEOUT_S,
        "write_timeout": ANSWER_TIMEOUT_S,
        "init_command": "SET " + ", ".join(f"SESSION {limit} = {STATEMENT_TIMEOUT_S}" for limit in limits),
    }
    # READ COMMITTED, here too: a statement after a lock must see what was committed before the lock was had.
    return _server(url, echo, pool_size, connect, pool_pre_ping=True, isolation_level="READ COMMITTED")


def _server(url: URL, echo: bool, pool_size: int, connect: dict[str, object], **more: Any) -> Engine:
    return create_engine(
        url,
        echo=echo,
        pool_size=pool_size,
        pool_timeout=CONNECT_TIMEOUT_S,
        connect_args=connect,
        **more,
    )


def _socket_of(connection: Any) -> int:
    """The descriptor of a psycopg2 connection."""
    return int(connection.fileno())
