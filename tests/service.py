"""`md5-service up` as tests see it: a process tree that can be started, killed and looked into."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

import httpx2
import psutil

from md5_service.cli.folder import MARK

COMMAND = str(Path(sys.executable).with_name("md5-service"))
STOP_S = 30

T = TypeVar("T")
HOLDER = """
import fcntl, sys
file = open(sys.argv[1], "r+b")
fcntl.lockf(file, fcntl.LOCK_EX)
print("held", flush=True)
sys.stdin.read()
"""


class Service:
    """One data folder, and whatever runs on it now."""

    def __init__(self, folder: Path, settings: Mapping[str, str], command: tuple[str, ...] = (COMMAND, "up")) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder / "data"
        self.log_path = self.folder / "log" / "tasks.log"
        self.stderr_path = folder / "stderr"
        self.settings = dict(settings)
        self.url = ""
        self._port = "0"
        self._command = command
        self._up: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Start it and wait until it says that it is ready."""
        with open(self.stderr_path, "a") as stderr:
            self._up = subprocess.Popen(
                [*self._command, "--port", self._port, "--data", str(self.folder), "--workers", "2"],
                env=os.environ | self.settings,
                stdout=subprocess.PIPE,
                stderr=stderr,
                text=True,
                start_new_session=True,
            )
        assert self._up.stdout is not None
        line = self._up.stdout.readline()
        assert "ready at http://" in line, f"{line!r}, stderr: {self.stderr_path.read_text()}"
        self.url = line.split("ready at ")[1].split()[0]
        self._port = self.url.rsplit(":", 1)[1]  # a later start is found at the same address

    def client(self, timeout_s: float = 30) -> httpx2.Client:
        return httpx2.Client(base_url=self.url, timeout=timeout_s)

    def hand_over(self, content: bytes, name: str = "reads.fastq", **parameters: str) -> str:
        """Upload, and return the id."""
        with self.client() as client:
            answer = client.post("/v1/tasks", params={"filename": name, **parameters}, content=content)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["id"])

    def task(self, task_id: str, wait_s: int = 0) -> dict[str, Any]:
        headers = {"Prefer": f"wait={wait_s}"} if wait_s else {}
        with self.client(wait_s + 30) as client:
            answer = client.get(f"/v1/tasks/{task_id}", headers=headers)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def ended(self, task_id: str, within_s: float = 30) -> dict[str, Any]:
        """The task once it is terminal."""
        return wait_for(lambda: self._terminal(task_id), within_s, f"task {task_id} to end")

    def _terminal(self, task_id: str) -> dict[str, Any] | None:
        task = self.task(task_id, wait_s=1)
        return task if task["status"] in ("done", "failed", "cancelled") else None

    def log_lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log_path.read_bytes().splitlines()]

    def processes(self) -> list[psutil.Process]:
        """Everything that `up` started on this folder, and their children."""
        return [process for process in psutil.process_iter() if _environ(process).get(MARK) == str(self.folder)]

    def parts(self, *words: str) -> list[psutil.Process]:
        """Those whose command line has all of the words, parents first."""
        found = [process for process in self.processes() if all(word in " ".join(_cmdline(process)) for word in words)]
        return sorted(found, key=lambda process: process.pid)

    @contextlib.contextmanager
    def without_workers(self) -> Iterator[None]:
        """The workers stand still meanwhile: what is handed over stays queued. They are stopped when they have nothing to
        do, and so in no transaction."""
        wait_for(lambda: not self._unfinished(), 60, "the workers to be idle")
        workers = self.parts("worker", "-Q work")
        for worker in workers:
            worker.suspend()
        try:
            yield
        finally:
            for worker in workers:
                worker.resume()

    def _unfinished(self) -> list[str]:
        with self.client() as client:
            queries = [{"status": status} for status in ("queued", "running", "computed")]
            return [task["id"] for query in queries for task in client.get("/v1/tasks", params=query).json()["items"]]

    @property
    def supervisor(self) -> psutil.Process:
        assert self._up is not None
        return psutil.Process(self._up.pid)

    def kill_tree(self) -> int:
        """SIGKILL to everything at once; returns how many processes that were."""
        assert self._up is not None
        victims = [self.supervisor, *self.processes()]
        for process in victims:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        self._up.wait()
        psutil.wait_procs(victims, timeout=STOP_S)
        return len(victims)

    def kill_supervisor(self) -> None:
        assert self._up is not None
        self._up.kill()
        self._up.wait()

    def stop(self) -> int:
        """Ctrl-C; returns the exit code."""
        assert self._up is not None
        self._up.send_signal(signal.SIGINT)
        return self.wait()

    def supervisor_runs(self) -> bool:
        assert self._up is not None
        return self._up.poll() is None

    def wait(self) -> int:
        """Until the supervisor has ended; returns its exit code."""
        assert self._up is not None
        return self._up.wait(STOP_S)

    def end(self) -> None:
        """Whatever state it is in: leave nothing running."""
        if self._up is not None and self._up.poll() is None:
            try:
                self.stop()
            except subprocess.TimeoutExpired:
                self.kill_tree()
        for process in self.processes():
            process.kill()


@contextlib.contextmanager
def held_by_a_stranger(path: Path) -> Iterator[None]:
    """Another process holds the lock of a log meanwhile."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        yield
        holder.communicate()


def wait_for(what: Callable[[], T | None], within_s: float, words: str) -> T:
    """The first true answer of `what`; fails the test when none comes in time."""
    deadline = time.monotonic() + within_s
    while True:
        if answer := what():
            return answer
        assert time.monotonic() < deadline, f"waited {within_s:g} s in vain for {words}"
        time.sleep(0.05)


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
