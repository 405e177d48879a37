"""The database, on any of three systems. It is only ever used through a writing and a reading transaction."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine
from sqlalchemy.engine import URL, make_url

from md5_task_data.database.make import Make
from md5_task_data.database.options import ONLY_READS
from md5_task_data.database.outages import outages

# For URLs that name no driver.
DRIVERS = {"postgresql": "postgresql+psycopg2", "mariadb": "mariadb+pymysql", "mysql": "mysql+pymysql"}


class Database:
    """An engine, and the only two ways to use it. Opens no connection before its first use, so it is safe to create before
    a fork."""

    def __init__(self, url: str, *, echo: bool = False, pool_size: int = 10) -> None:
        self.url = make_url(url)
        if self.url.drivername in DRIVERS:
            self.url = self.url.set(drivername=DRIVERS[self.url.drivername])
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.make = _make_of(self.url)
        self.engine = self.make.engine(echo, pool_size)
        self._reading = self.engine.execution_options(**ONLY_READS)

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """One writing transaction: committed at the end of the block, rolled back on any exception.

        Raises DependencyAway if the database is unavailable, StorageFull if its disk is full. Keep it short, and never
        await in it.
        """
        with outages(self.make.codes), self.make.turn_to_write(), self._connection(self.engine) as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Reads what is committed, without a write lock. On SQLite the block sees one consistent view; elsewhere each
        statement has its own. Raises DependencyAway as `transaction` does."""
        with outages(self.make.codes), self._connection(self._reading) as connection:
            yield connection

    @contextmanager
    def _connection(self, engine: Engine) -> Iterator[Connection]:
        with engine.connect() as connection, self.make.limit(connection), connection.begin():
            yield connection

    def close(self) -> None:
        self.engine.dispose()


def _make_of(url: URL) -> Make:
    """Imports only the module that is used, because its driver comes with it."""
    match url.get_backend_name():
        case "sqlite":
            from md5_task_data.database.sqlite import SQLite

            return SQLite(url)
        case "postgresql":
            from md5_task_data.database.postgresql import PostgreSQL

            return PostgreSQL(url)
        case _:
            from md5_task_data.database.mariadb import MariaDB

            return MariaDB(url)
