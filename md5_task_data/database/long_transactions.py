"""Transactions of any length: that of a backup, which reads everything, and that of a restore, which writes everything.
They use connections of their own, without the limits that keep all other transactions short."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from sqlalchemy import Connection, NullPool, create_engine

from md5_task_data.database import limits
from md5_task_data.database.engine import Database
from md5_task_data.database.outages import outages


def snapshot(database: Database) -> AbstractContextManager[Connection]:
    """Reads what was committed at the first statement, and nothing later, however long the block takes. Raises DependencyAway."""
    return database.reading() if database.is_sqlite else _without_limits(database, "REPEATABLE READ")


def loading(database: Database) -> AbstractContextManager[Connection]:
    """One writing transaction of any length: committed at the end of the block, rolled back on any exception. On SQLite it
    blocks all other writers. Raises DependencyAway, StorageFull."""
    return database.transaction() if database.is_sqlite else _without_limits(database, "READ COMMITTED")


@contextmanager
def _without_limits(database: Database, isolation: str) -> Iterator[Connection]:
    engine = create_engine(
        database.url,
        poolclass=NullPool,
        isolation_level=isolation,
        connect_args={"connect_timeout": limits.CONNECT_TIMEOUT_S, **database.make.without_limits},
    )
    with outages(database.make.codes), engine.connect() as connection, connection.begin():
        yield connection
