"""What all servers have in common."""

import contextlib
import random
import shutil
import signal
import socket
import subprocess
import time
import uuid
from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psutil
from sqlalchemy import make_url

from md5_task_data import migrations
from md5_task_data.database.engine import Database
from tests.client import IN_TIME_S
from tests.servers.guardian import guard, kill_all_in, processes_in

ANSWER_S = 2  # the most that a request may take in `answers`
TAIL = 3000  # characters of the log in an error

_RANDOM = random.SystemRandom()  # pytest-randomly gives all of xdist's workers the same seed


def free_port() -> int:
    """A free port of the loopback interface, below the range that the kernel uses for outgoing connections (32768 and up on
    Linux). A port in that range could be taken while the server is down, even by a client that tries to reach it and so
    connects to itself."""
    while True:
        port = _RANDOM.randrange(12000, 32000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


class ServerFailed(Exception):
    """A server or a command to it failed; has the end of its own output."""


class Server(ABC):
    """One server on one port and in one folder, through all its restarts. As a context manager: started, and finally ended."""

    stop_signal = signal.SIGTERM
    user: str | None = None  # run it as this user

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder.resolve()
        self.log_path = self.folder / "server.log"
        self.port = free_port()
        self._places = [self.folder]  # the working directories of its processes
        self._process: subprocess.Popen[bytes] | None = None
        self._has_started = False

    @abstractmethod
    def answers(self) -> bool:
        """Whether it answers a request within about 2 s."""

    @abstractmethod
    def _launch(self) -> subprocess.Popen[bytes]:
        """Start it, without waiting; the first call creates everything that it stores."""

    def start(self) -> None:
        """Start it and wait until it answers. Raises ServerFailed if it does not in time."""
        assert not self.is_running
        for place in self._places:
            guard(place)
        if self._comes_up():
            return
        self.kill()
        if not self._has_started:
            self.port = free_port()  # another process may have taken the first one
            if self._comes_up():
                return
            self.kill()
        raise ServerFailed(f"{type(self).__name__} does not start: {self._log()[-TAIL:]}")

    def _comes_up(self) -> bool:
        """False if it ends, or does not answer in time."""
        self._process = self._launch()
        deadline = time.monotonic() + IN_TIME_S
        while self.is_running and time.monotonic() < deadline:
            if self.answers() and self.is_running:  # it, and not another one on this port
                self._has_started = True
                return True
            time.sleep(0.05)
        return False

    def stop(self) -> None:
        """Stop it in an orderly way. If it does not end in time, kills it and raises TimeoutExpired."""
        assert self._process is not None
        self.resume()
        try:
            self._process.send_signal(self.stop_signal)
            self._process.wait(IN_TIME_S)
        finally:
            self.kill()

    def kill(self) -> None:
        """End all its processes at once, as a power failure would; returns when none is left."""
        kill_all_in(self._places)
        if self._process is not None:
            self._process.wait()

    def restart(self) -> None:
        """Kill it and start it again, with the same port and data."""
        self.kill()
        self.start()

    def suspend(self) -> None:
        """SIGSTOP all its processes: the kernel still accepts connections, but nothing is answered."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)  # the parent first, so that it forks no more
        self._signal_all(signal.SIGSTOP)

    def resume(self) -> None:
        self._signal_all(signal.SIGCONT)

    def end(self) -> None:
        """Whatever state it is in, leave nothing running and no data."""
        self.kill()
        for place in self._places:
            shutil.rmtree(place, ignore_errors=True)

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def processes(self) -> list[psutil.Process]:
        return processes_in(self._places)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.end()

    def __getstate__(self) -> dict[str, Any]:
        """What another process needs in order to use it; that process cannot end it, because it is not its child."""
        return {name: None if isinstance(value, subprocess.Popen) else value for name, value in vars(self).items()}

    def _signal_all(self, number: signal.Signals) -> None:
        for process in self.processes():
            with contextlib.suppress(psutil.NoSuchProcess):
                process.send_signal(number)

    def _spawn(
        self, command: list[str], cwd: Path, environment: Mapping[str, str] | None = None
    ) -> subprocess.Popen[bytes]:
        with open(self.log_path, "ab") as log:
            return subprocess.Popen(
                command,
                cwd=cwd,
                env=environment,
                user=self.user,
                group=self.user,
                extra_groups=[] if self.user else None,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _run(self, command: list[str], timeout_s: float = 60) -> str:
        """What the command prints. Raises ServerFailed, TimeoutExpired."""
        done = subprocess.run(
            command,
            cwd=self.folder,
            user=self.user,
            group=self.user,
            extra_groups=[] if self.user else None,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout_s,
        )
        if done.returncode:
            raise ServerFailed(f"{command[0]}: {done.stdout[-TAIL:]}{done.stderr[-TAIL:]}")
        return done.stdout

    def _log(self) -> str:
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else "it wrote no log"


class DatabaseServer(Server):
    """A server with as many databases as the tests want."""

    _pattern = ""  # the name of a database with all tables, which others are copied from

    @abstractmethod
    def url(self, name: str, port: int | None = None) -> str:
        """The SQLAlchemy URL of this database; `port`: through a proxy."""

    @abstractmethod
    def sql(self, *statements: str, database: str | None = None) -> list[tuple[Any, ...]]:
        """Run each statement in its own transaction; returns the rows of the last. Raises the driver's errors."""

    def new_database(self, port: int | None = None) -> str:
        """Create one with all tables, and return its URL."""
        self.migrate()
        name = _new_name()
        self._copy(self._pattern, name)
        return self.url(name, port)

    def new_empty_database(self) -> str:
        """Create one, and return its URL."""
        name = _new_name()
        self.sql(f"CREATE DATABASE {name}")
        return self.url(name)

    def migrate(self) -> None:
        """Done once, for all databases that `new_database` will create."""
        if not self._pattern:
            url = self.new_empty_database()
            with contextlib.closing(Database(url)) as database:
                migrations.upgrade(database)
            self._pattern = name_in(url)

    def drop_database(self, url: str) -> None:
        """Drop it, disconnecting whoever is still connected."""
        self._drop(name_in(url))

    @abstractmethod
    def _copy(self, pattern: str, name: str) -> None: ...

    @abstractmethod
    def _drop(self, name: str) -> None: ...


def _new_name() -> str:
    return f"test_{uuid.uuid4().hex}"


def name_in(url: str) -> str:
    name = make_url(url).database
    assert name is not None
    return name
