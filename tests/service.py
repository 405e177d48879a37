"""`md5-service up` for tests: a process tree that can be started, killed and inspected."""

import contextlib
import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import psutil

from md5_service.cli.folder import MARK
from md5_service.cli.launcher import Launched
from tests import forked, keys
from tests.client import IN_TIME_S, Client, wait_for, wait_until_gone
from tests.databases import new_sqlite
from tests.forked import IS_MEASURED, NOTHING

COMMAND = str(Path(sys.executable).with_name("md5-service"))
# Its processes, by their command lines.
VALKEY, LAUNCHER, API = "valkey-server", "md5_service.cli.launcher", "md5_service.api.serve"
WORKER, LARGE, UPKEEP, BEAT = (f"md5_service.worker.serve {queue}" for queue in ("work", "large", "upkeep", "beat"))


class Service(Client):
    """One data folder, and the service that runs on it."""

    def __init__(self, folder: Path, settings: Mapping[str, str], command: tuple[str, ...] = (COMMAND, "up")) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder / "data"
        self.database_url = f"sqlite:///{self.folder}/md5.sqlite3"
        self.log_path = self.folder / "log" / "tasks.log"
        self.stderr_path = folder / "stderr"
        self.settings = dict(settings)
        self.url = ""
        self._port = "0"
        self._command = command
        self._up: subprocess.Popen[bytes] | Launched | None = None

    def migrate(self) -> None:
        """Create the folder as an earlier start would have left it."""
        self.folder.mkdir(mode=0o700)
        new_sqlite(self.folder / "md5.sqlite3")

    def start(self) -> None:
        """Start the service, and wait until it is ready."""
        command = [*self._command, "--port", self._port, "--data", str(self.folder), "--workers", "2"]
        environment = os.environ | self.settings
        reading, writing = os.pipe()
        with open(self.stderr_path, "a") as stderr, open(writing) as stdout:
            if forked.can_start(command, environment):
                self._up = forked.start(command, environment, Path.cwd(), NOTHING, writing, stderr.fileno())
            else:
                self._up = subprocess.Popen(
                    command, env=environment, stdout=stdout, stderr=stderr, start_new_session=True
                )
        with open(reading) as says:
            line = says.readline()
        assert "ready at http://" in line, f"{line!r}, stderr: {self.stderr_path.read_text()}"
        self.url = line.split("ready at ")[1].split()[0]
        self._port = self.url.rsplit(":", 1)[1]  # later starts use the same address

    def processes(self) -> list[psutil.Process]:
        """All processes that `up` started on this folder, and their children."""
        return [process for process in psutil.process_iter() if _environ(process).get(MARK) == str(self.folder)]

    def parts(self, words: str) -> list[psutil.Process]:
        """The processes whose command line has these words, parents first. Not sorted by pid, because pids wrap around."""
        found = [process for process in self.processes() if words in " ".join(_cmdline(process))]
        numbers = [process.pid for process in found]
        return sorted(found, key=lambda process: _parent(process) in numbers)

    def suspend(self, processes: Sequence[psutil.Process]) -> None:
        """Send SIGSTOP to these processes, but not while one is writing to the database: SQLite has one writer, and all others
        would wait for it."""
        while True:
            for process in processes:
                process.suspend()
            with open(f"{self.folder}/md5.sqlite3.lock", "a") as turn, contextlib.suppress(BlockingIOError):
                fcntl.flock(turn, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            for process in processes:
                process.resume()
            time.sleep(0.01)

    @contextlib.contextmanager
    def without_workers(self) -> Iterator[None]:
        """Suspend the workers, so that uploads stay queued."""
        wait_for(lambda: not self.unfinished(), "the workers to be idle")
        workers = [*self.parts(WORKER), *self.parts(LARGE)]
        self.suspend(workers)
        try:
            yield
        finally:
            for worker in workers:
                with contextlib.suppress(psutil.NoSuchProcess):  # the test may have killed it
                    worker.resume()

    def new_key(self, owner: str) -> tuple[str, str]:
        """Returns the id of the new key, and the key."""
        return keys.new_key(self.database_url, owner)

    def revoke(self, key_id: str) -> None:
        keys.revoke(self.database_url, key_id)

    @property
    def supervisor(self) -> psutil.Process:
        assert self._up is not None
        return psutil.Process(self._up.pid)

    def kill_tree(self) -> int:
        """Send SIGKILL to all processes at once; returns their number."""
        assert self._up is not None
        victims = self.processes()
        if self.supervisor_runs():
            victims.append(self.supervisor)
        for process in victims:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        self._up.wait(IN_TIME_S)
        wait_until_gone(victims, IN_TIME_S)
        return len(victims)

    def kill_supervisor(self) -> None:
        assert self._up is not None
        self.supervisor.kill()
        self._up.wait(IN_TIME_S)

    def stop(self) -> int:
        """Stop the service as Ctrl-C does; returns the exit code."""
        assert self._up is not None
        self.supervisor.send_signal(signal.SIGINT)
        return self.wait()

    def supervisor_runs(self) -> bool:
        assert self._up is not None
        return self._up.poll() is None

    def wait(self) -> int:
        """Wait until the supervisor has ended; returns its exit code."""
        assert self._up is not None
        return self._up.wait(IN_TIME_S)

    def end(self) -> None:
        """End all processes, whatever state the service is in."""
        if self._up is not None:
            if IS_MEASURED and self.supervisor_runs():
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self.stop()
            self.kill_tree()


def _environ(process: psutil.Process) -> dict[str, str]:
    try:
        return process.environ()
    except (psutil.Error, OSError):
        return {}


def _cmdline(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except (psutil.Error, OSError):
        return []


def _parent(process: psutil.Process) -> int:
    try:
        return process.ppid()
    except psutil.Error:
        return 0
