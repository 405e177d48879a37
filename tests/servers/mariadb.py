"""MariaDB, from Debian's package."""

import contextlib
import os
import subprocess
from pathlib import Path
from typing import Any

import pymysql

from tests.servers import needed
from tests.servers.server import ANSWER_S, DatabaseServer

USER = PASSWORD = "tests"


class MariaDb(DatabaseServer):
    """With `fsync` off, committed data survives a kill but not a power failure."""

    def __init__(self, folder: Path, *, fsync: bool = False) -> None:
        self._mariadbd, self._install = needed("MariaDB", "mariadb-server", "mariadbd", "mariadb-install-db")
        super().__init__(folder)
        self._data = self.folder / "data"
        # 2: at a commit the log is written, but synced only once a second. 0 would lose commits even in a kill.
        self._flush = 1 if fsync else 2
        self._dumped: list[str] | None = None

    def _launch(self) -> subprocess.Popen[bytes]:
        as_root = ["--user=root"] if os.geteuid() == 0 else []
        if not (self._data / "mysql").exists():
            self._data.mkdir()
            fixed = [
                "--no-defaults",
                "--auth-root-authentication-method=normal",
                "--skip-test-db",
                "--skip-name-resolve",
            ]
            small = ["--innodb-log-file-size=16M", "--innodb-buffer-pool-size=32M"]
            # In /tmp, another server would delete these files.
            own = [f"--datadir={self._data}", f"--tmpdir={self._data}"]
            self._run([self._install, *fixed, *as_root, *small, *own])
        init = self.folder / "init.sql"
        init.write_text(
            f"CREATE USER IF NOT EXISTS '{USER}'@'127.0.0.1' IDENTIFIED BY '{PASSWORD}';\n"
            f"GRANT ALL PRIVILEGES ON *.* TO '{USER}'@'127.0.0.1' WITH GRANT OPTION;\n"
        )
        options = [
            *as_root,
            f"--datadir={self._data}",
            f"--tmpdir={self._data}",
            f"--port={self.port}",
            "--bind-address=127.0.0.1",
            "--skip-networking=0",
            "--skip-name-resolve",
            "--socket=socket",  # in the data folder: a full path may be too long for a socket
            f"--init-file={init}",
            "--max-connections=200",
            "--character-set-server=utf8mb4",
            "--innodb-buffer-pool-size=32M",
            "--innodb-log-file-size=16M",
            f"--innodb-flush-log-at-trx-commit={self._flush}",
        ]
        return self._spawn([self._mariadbd, "--no-defaults", *options], cwd=self._data)

    def answers(self) -> bool:
        try:
            return self.sql("SELECT 1") == [(1,)]
        except pymysql.MySQLError:
            return False

    def url(self, name: str, port: int | None = None) -> str:
        return f"mariadb://{USER}:{PASSWORD}@127.0.0.1:{port or self.port}/{name}?ssl_disabled=1"  # 40 ms a connection

    def sql(self, *statements: str, database: str | None = None) -> list[tuple[Any, ...]]:
        with contextlib.closing(self._connect(database)) as connection:
            cursor = connection.cursor()
            for statement in statements:
                cursor.execute(statement)
            return list(cursor)

    def _connect(self, database: str | None) -> "pymysql.Connection[Any]":
        """It has the limits of `answers`, but waits for locked tables."""
        return pymysql.connect(
            host="127.0.0.1",
            port=self.port,
            user=USER,
            password=PASSWORD,
            database=database,
            autocommit=True,
            ssl_disabled=True,
            connect_timeout=ANSWER_S,
        )

    def _copy(self, pattern: str, name: str) -> None:
        """As a dump would do it."""
        self.sql(f"CREATE DATABASE {name}")
        self.sql(*self._dump(pattern), database=name)

    def _dump(self, pattern: str) -> list[str]:
        """The statements that create its tables and rows; cached, because it does not change."""
        if self._dumped is None:
            tables = [name for (name,) in self.sql("SHOW TABLES", database=pattern)]
            made = [self.sql(f"SHOW CREATE TABLE {name}", database=pattern)[0][1] for name in tables]
            filled = [f"INSERT INTO {name} SELECT * FROM {pattern}.{name}" for name in tables]
            self._dumped = ["SET foreign_key_checks = 0", *made, *filled]
        return self._dumped

    def _drop(self, name: str) -> None:
        for (connection,) in self.sql(f"SELECT id FROM information_schema.processlist WHERE db = '{name}'"):
            with contextlib.suppress(pymysql.MySQLError):  # it has already exited
                self.sql(f"KILL {connection}")
        self.sql(f"DROP DATABASE IF EXISTS {name}")
