"""psycopg2 with fewer round trips: what nobody waits for goes with the next statement, in one message. BEGIN always does, and a
read needs none. https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-MULTI-STATEMENT
"""

from typing import Any

from psycopg2 import extensions

BEGIN = b"BEGIN ISOLATION LEVEL READ COMMITTED"


class Connection(extensions.connection):  # type: ignore[misc]
    """Begins nothing by itself: between `begin` and `commit` or `rollback` is a transaction, elsewhere each statement stands
    alone."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.autocommit = True
        self.cursor_factory = _Cursor
        self._waiting: list[bytes] = []

    def begin(self) -> None:
        self._waiting = [BEGIN]

    def later(self, statement: bytes) -> None:
        """Send it with the next one, or with the COMMIT, which raise its errors."""
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
        """What the caller is to send instead of that statement."""
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
    connection: Connection

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
