"""PostgreSQL through psycopg2, with fewer round trips: a statement whose result nobody awaits is sent together with the
next one. BEGIN always is, and a read needs none.
https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-MULTI-STATEMENT"""

import time
from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any, ClassVar

from psycopg2 import extensions
from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine import URL, ExecutionContext
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.pool import ConnectionPoolEntry

from md5_task_data.database import limits
from md5_task_data.database.make import Make, engine_of_server
from md5_task_data.database.options import only_reads
from md5_task_data.database.outages import Codes
from md5_task_data.database.socket_deadline import SocketDeadline

PING_TIMEOUT_S = 1
SURELY_ALIVE_S = 0.5  # after its last use a connection is not pinged
KEEPALIVES = {"keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 3}
BEGIN = b"BEGIN ISOLATION LEVEL READ COMMITTED"


def _code(error: BaseException) -> object:
    """The SQLSTATE; None if the server has not answered."""
    return getattr(error, "pgcode", None)


class PostgreSQL(Make):
    """Uses the server's own limits, and a deadline on the socket for when the server cannot enforce them, because libpq has
    none."""

    codes = Codes(
        _code,
        {"53100"},  # disk_full
        {"25006", "42P01", "42703"},  # read_only_sql_transaction, undefined_table, undefined_column
    )
    without_limits: ClassVar[Mapping[str, object]] = {
        "options": "-c statement_timeout=0 -c idle_in_transaction_session_timeout=0",
        **KEEPALIVES,
    }

    def __init__(self, url: URL) -> None:
        super().__init__(url)
        self._deadline = SocketDeadline()

    def engine(self, echo: bool, pool_size: int) -> Engine:
        names = ("statement_timeout", "idle_in_transaction_session_timeout")
        options = " ".join(f"-c {name}={limits.STATEMENT_TIMEOUT_S}s" for name in names)
        connect_args = {"options": options, **KEEPALIVES, "connection_factory": WaitingConnection}
        engine = engine_of_server(self.url, echo, pool_size, connect_args, use_native_hstore=False)
        event.listen(engine, "begin", _begin)
        event.listen(engine, "do_execute", _send_later)
        event.listen(engine, "checkin", _note_time)

        @event.listens_for(engine, "checkout")
        def ping(connection: Any, record: ConnectionPoolEntry, _proxy: object) -> None:
            """Replaces a connection that does not answer, as the pool's `pre_ping` does, but with a time limit. A
            connection that answered a moment ago is not pinged."""
            if time.monotonic() - record.info.get("idle_since", float("-inf")) < SURELY_ALIVE_S:
                return
            try:
                with self._deadline.limit(connection.fileno(), PING_TIMEOUT_S):
                    engine.dialect.do_ping(connection)
            except engine.dialect.loaded_dbapi.Error as error:
                raise DisconnectionError from error

        return engine

    def limit(self, connection: Connection) -> AbstractContextManager[None]:
        driver: Any = connection.connection.dbapi_connection
        return self._deadline.limit(driver.fileno(), limits.ANSWER_TIMEOUT_S)


def _begin(connection: Connection) -> None:
    if not only_reads(connection):
        driver: Any = connection.connection.dbapi_connection
        driver.begin()


def _send_later(cursor: Any, statement: str, parameters: Any, context: ExecutionContext) -> bool:
    if is_later := bool(context.execution_options.get("is_sent_later")):
        cursor.connection.later(cursor.mogrify(statement, parameters))
    return is_later


def _note_time(_connection: object, record: ConnectionPoolEntry) -> None:
    record.info["idle_since"] = time.monotonic()


class WaitingConnection(extensions.connection):  # type: ignore[misc]
    """Never begins a transaction implicitly: only statements between `begin` and `commit` or `rollback` form one."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.autocommit = True
        self.cursor_factory = _Cursor
        self._waiting: list[bytes] = []

    def begin(self) -> None:
        self._waiting = [BEGIN]

    def later(self, statement: bytes) -> None:
        """Send this statement with the next one, or with the COMMIT; either raises its errors."""
        self._waiting.append(statement)

    def commit(self) -> None:
        if self._is_open() or len(self._waiting) > 1:
            self._execute(b"COMMIT")
        self._waiting.clear()

    def rollback(self) -> None:
        self._waiting.clear()
        if self._is_open():
            self._execute(b"ROLLBACK")

    def with_waiting(self, statement: bytes) -> bytes:
        """What the caller must send instead of this statement: the waiting ones and this one."""
        together, self._waiting = b"; ".join([*self._waiting, statement]), []
        return together

    @property
    def is_any_waiting(self) -> bool:
        return bool(self._waiting)

    def _is_open(self) -> bool:
        return bool(self.info.transaction_status != extensions.TRANSACTION_STATUS_IDLE)

    def _execute(self, statement: bytes) -> None:
        with self.cursor() as cursor:
            cursor.execute(statement)


class _Cursor(extensions.cursor):  # type: ignore[misc]
    connection: WaitingConnection

    def execute(self, query: str | bytes, vars: Any = None) -> None:
        if self.connection.is_any_waiting:
            query, vars = self.connection.with_waiting(self.mogrify(query, vars)), None
        super().execute(query, vars)

    def executemany(self, query: str, vars_list: Any) -> None:
        self._send_waiting()
        super().executemany(query, vars_list)

    def copy_expert(self, sql: str, file: Any, size: int = 8192) -> None:
        self._send_waiting()
        super().copy_expert(sql, file, size)

    def _send_waiting(self) -> None:
        if self.connection.is_any_waiting:
            super().execute(self.connection.with_waiting(b""))
