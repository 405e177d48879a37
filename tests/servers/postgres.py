"""PostgreSQL, from Debian's package."""

import contextlib
import os
import pwd
import signal
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psycopg2

from tests.servers import needed
from tests.servers.guardian import guard
from tests.servers.server import ANSWER_S, DatabaseServer

IMMEDIATELY_S = 5


class Postgres(DatabaseServer):
    """With `fsync` off, committed data survives a kill but not a power failure."""

    stop_signal = signal.SIGINT  # "fast": disconnects clients, and writes a checkpoint

    def __init__(
        self, folder: Path, *, fsync: bool = False, initdb_options: Sequence[str] = (), data: Path | None = None
    ) -> None:
        self._postgres, self._initdb, self._isready = needed(
            "PostgreSQL",
            "postgresql",
            *(f"/usr/lib/postgresql/*/bin/{program}" for program in ("postgres", "initdb", "pg_isready")),
        )
        if os.geteuid() == 0:  # which PostgreSQL refuses
            self.user = "postgres"
            folder = Path(tempfile.mkdtemp(prefix="md5-test-postgres-"))  # pytest's folders are closed to other users
        super().__init__(folder)
        self._data = (data or self.folder / "data").resolve()
        if data is not None:
            self._places.append(self._data)
        self._options = [] if fsync else ["-c", "fsync=off"]
        self._initdb_options = list(initdb_options)
        self._own(self.folder)

    def _make(self, data: Path) -> None:
        fixed = ["--no-sync", "--no-instructions", "--auth=trust", "--username=postgres", "--encoding=UTF8"]
        self._run([self._initdb, *fixed, "--locale=C.UTF-8", *self._initdb_options, "-D", str(data)])

    def _own(self, folder: Path) -> None:
        if self.user is not None:
            user = pwd.getpwnam(self.user)
            os.chown(folder, user.pw_uid, user.pw_gid)

    def _launch(self) -> subprocess.Popen[bytes]:
        if not (self._data / "PG_VERSION").exists():
            self._data.mkdir(parents=True, exist_ok=True)
            self._own(self._data)
            if self._initdb_options:
                self._make(self._data)
            else:
                self._run(["cp", "-a", f"{_made(self)}/.", str(self._data)])
        settings = {
            "port": self.port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",  # all connections use TCP, so that they can go through a proxy
            "max_connections": 200,
            "shared_buffers": "16MB",
            "dynamic_shared_memory_type": "mmap",  # a kill leaves nothing in /dev/shm
        }
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        return self._spawn([self._postgres, "-D", str(self._data), *options, *self._options], cwd=self._data)

    def answers(self) -> bool:
        command = [self._isready, "--quiet", "-h", "127.0.0.1", "-p", str(self.port), "-t", str(ANSWER_S)]
        return subprocess.run(command).returncode == 0

    def kill(self) -> None:
        """SIGQUIT, which ends the processes as a crash would but frees the shared memory; SIGKILL for those that do not end."""
        self._signal_all(signal.SIGQUIT)
        self._signal_all(signal.SIGCONT)
        deadline = time.monotonic() + IMMEDIATELY_S
        while self.processes() and time.monotonic() < deadline:
            time.sleep(0.01)
        super().kill()

    def url(self, name: str, port: int | None = None) -> str:
        return f"postgresql://postgres@127.0.0.1:{port or self.port}/{name}"

    def sql(self, *statements: str, database: str | None = None) -> list[tuple[Any, ...]]:
        with contextlib.closing(psycopg2.connect(self.url(database or "postgres"))) as connection:
            connection.autocommit = True
            cursor = connection.cursor()
            for statement in statements:
                cursor.execute(statement)
            return list(cursor) if cursor.description else []

    def _copy(self, pattern: str, name: str) -> None:
        self.sql(f"CREATE DATABASE {name} TEMPLATE {pattern} STRATEGY FILE_COPY")  # half the time of the other one

    def _drop(self, name: str) -> None:
        self.sql(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


_mades: list[Path] = []


def _made(server: Postgres) -> Path:
    """The data folder of a server that has never run, created once per process, because that takes as long as the rest of a
    start."""
    if not _mades:
        folder = Path(tempfile.mkdtemp(prefix="md5-test-postgres-"))
        guard(folder)
        server._own(folder)
        server._make(folder)
        _mades.append(folder)
    return _mades[0]
