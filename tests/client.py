"""What tests do with a running service and its log, however the service was started."""

import contextlib
import json
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import httpx2
import psutil

TLS = ssl.create_default_context()  # unused, but without it each client spends 30 ms on creating its own
NOBODY = "01a201f5-3560-7681-96d2-5d5d82951648"  # an id that was never issued
ENDS = ("done", "failed", "cancelled")
IN_TIME_S = 180  # enough for a busy machine; only a failing test waits this long
BUSY_S = 25  # what a busy machine may add to a time limit
TRIED_S = 30  # how long an upload is retried while the service is unavailable

T = TypeVar("T")
HOLDER = """
import fcntl, sys
file = open(sys.argv[1], "r+b")
fcntl.lockf(file, fcntl.LOCK_EX)
print("held", flush=True)
sys.stdin.read()
"""


def in_a_thread(function: Callable[[], T]) -> T:
    """Run something that needs its own event loop: a browser test may have left a running one in this thread."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(function).result()


class Client:
    """A client of the service at `url`, whose log is at `log_path`."""

    url: str
    log_path: Path

    def client(self, timeout_s: float = 30) -> httpx2.Client:
        return httpx2.Client(base_url=self.url, timeout=timeout_s, verify=TLS)

    def hand_over(self, content: bytes, name: str = "reads.fastq", **parameters: str) -> str:
        """Upload a file and return its id."""
        with self.client() as client:
            answer = _now_or_later(
                lambda: client.post("/v1/tasks", params={"filename": name, **parameters}, content=content)
            )
        assert answer.status_code == 202, answer.text
        return str(answer.json()["id"])

    def task(self, task_id: str, wait_s: int = 0) -> dict[str, Any]:
        headers = {"Prefer": f"wait={wait_s}"} if wait_s else {}
        with self.client(wait_s + 30) as client:
            answer = _now_or_later(lambda: client.get(f"/v1/tasks/{task_id}", headers=headers))
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def ended(self, task_id: str, within_s: float = 30) -> dict[str, Any]:
        """Wait until the task has finished, and return it."""
        return wait_for(lambda: self._terminal(task_id), f"task {task_id} to end", within_s=within_s)

    def _terminal(self, task_id: str) -> dict[str, Any] | None:
        task = self.task(task_id, wait_s=1)
        return task if task["status"] in ENDS else None

    def unfinished(self) -> list[str]:
        with self.client() as client:
            queries = [{"status": status} for status in ("queued", "running", "waiting", "computed")]
            answers = [_now_or_later(partial(client.get, "/v1/tasks", params=query)) for query in queries]
        return [task["id"] for answer in answers for task in answer.json()["items"]]

    def log_lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log_path.read_bytes().splitlines()]


def _now_or_later(ask: Callable[[], httpx2.Response]) -> httpx2.Response:
    """The response, repeated while the service is unavailable: on a busy machine its database may be too slow for a moment."""
    deadline = time.monotonic() + TRIED_S
    while (answer := ask()).status_code == 503 and time.monotonic() < deadline:
        time.sleep(0.5)
    return answer


@contextlib.contextmanager
def held_by_a_stranger(path: Path) -> Iterator[None]:
    """Have another process hold the lock of a log."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        yield
        holder.communicate()


def wait_for(what: Callable[[], T | None], words: str, *, within_s: float = IN_TIME_S, every_s: float = 0.05) -> T:
    """Call `what` until it returns something true, and return that. Fails the test after a time limit."""
    deadline = time.monotonic() + within_s
    while True:
        if answer := what():
            return answer
        assert time.monotonic() < deadline, f"waited {within_s:g} s in vain for {words}"
        time.sleep(every_s)


def wait_until_gone(processes: Sequence[psutil.Process], within_s: float) -> None:
    """Counts a zombie as gone: in a container there may be no process that reaps it."""

    def lives(process: psutil.Process) -> bool:
        with contextlib.suppress(psutil.NoSuchProcess):
            return process.status() != psutil.STATUS_ZOMBIE
        return False

    wait_for(lambda: not any(map(lives, processes)), "those that were killed to be gone", within_s=within_s)
