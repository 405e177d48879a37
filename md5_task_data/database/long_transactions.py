"""Transactions that take as long as they take: that of a backup, which reads everything, and that of a restore, which writes it.
On connections of their own, without the limits that keep everybody else's short."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from sqlalchemy import Connection, Engine, NullPool, create_engine

from md5_task_data.database.engine import CONNECT_TIMEOUT_S, KEEPALIVES, Database, outages

SILENCE_S = 600  # of a MariaDB server, from which it counts as lost; PostgreSQL's connections have keepalives
PATIENCE = {
    "postgresql": {"options": "-c statement_timeout=0 -c idle_in_transaction_session_timeout=0", **KEEPALIVES},
    "mysql": {
        "read_timeout": SILENCE_S,
        "write_timeout": SILENCE_S,
        "init_command": "SET SESSION max_statement_time = 0, SESSION idle_transaction_timeout = 0,"
        f" SESSION net_write_timeout = {SILENCE_S}",
    },
}


def snapshot(database: Database) -> AbstractContextManager[Connection]:
    """What is committed when it is first asked, and nothing later, however long the block takes. Raises DependencyAway."""
    return database.reading() if database.is_sqlite else _unhurried(database, "REPEATABLE READ")


def loading(database: Database) -> AbstractContextManager[Connection]:
    """One writing transaction of any length: committed at the end of the block, rolled back on any exception. SQLite lets nobody
    else write meanwhile. Raises DependencyAway, StorageFull."""
    return database.transaction() if database.is_sqlite else _unhurried(database, "READ COMMITTED")


@contextmanager
def _unhurried(database: Database, isolation: str) -> Iterator[Connection]:
    engine = _engine(database, isolation)
    with outages(), engine.connect() as connection, connection.begin():
        yield connection


def _engine(database: Database, isolation: str) -> Engine:
    patience = PATIENCE["postgresql" if database.url.get_backend_name() == "postgresql" else "mysql"]
    return create_engine(
        database.url,
        poolclass=NullPool,
        isolation_level=isolation,
        connect_args={"connect_timeout": CONNECT_TIMEOUT_S, **patience},
    )
