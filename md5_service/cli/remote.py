"""The client commands' side of the API: `put` and `get`."""

import json
import os
import re
import stat
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, BinaryIO

import httpx2

BLOCK = 1 << 18  # bytes sent at once; larger ones are copied too often on their way
LONG_POLL_S = 20
PATIENCE_S = 60  # with a service that went away while we wait for a result: it is probably being started again
RETRY_S = 0.5

Task = dict[str, Any]


class Unreachable(Exception):
    """The service does not answer."""


class Refused(Exception):
    """The service answered with a problem; the message is its words."""


class Changed(Exception):
    """The file had another size when it was read than when it was opened."""

    def __str__(self) -> str:
        return "changed while it was read; hand it over again"


class Remote:
    """A service at a URL."""

    def __init__(self, url: str, key: str | None = None) -> None:
        self._url = url.rstrip("/")
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._http = httpx2.Client(
            base_url=self._url, headers=headers, timeout=httpx2.Timeout(60, read=LONG_POLL_S + 40)
        )

    def hand_over(
        self, file: BinaryIO, size: int | None, parameters: Mapping[str, str], sent: Callable[[int], None]
    ) -> Task:
        """Upload the bytes of `file`, telling `sent` how many at a time. Raises Unreachable, Refused, Changed."""
        headers = {"Content-Type": "application/octet-stream"}
        if size is not None:
            headers["Content-Length"] = str(size)
        return self._ask("POST", "/v1/tasks", params=parameters, content=_blocks(file, size, sent), headers=headers)

    def get(self, task_id: str, wait_s: float = 0) -> Task:
        """The task as it is now, or after at most `wait_s` when it has not ended. Raises Unreachable, Refused."""
        headers = {"Prefer": f"wait={int(wait_s)}"} if wait_s >= 1 else {}
        return self._ask("GET", f"/v1/tasks/{task_id}", headers=headers)

    def until_ended(self, task_id: str, wait_s: float = float("inf")) -> Task:
        """The task once its outcome is decided, or as it is after `wait_s`. Bears with a service that is started again."""
        deadline = time.monotonic() + wait_s
        last_answer = time.monotonic()
        while True:
            left = max(0.0, deadline - time.monotonic())
            try:
                task = self.get(task_id, min(left, LONG_POLL_S))
                last_answer = time.monotonic()
                if task["outcome"] is not None or time.monotonic() >= deadline:
                    return task
                if left < 1:
                    time.sleep(min(left, RETRY_S))
            except Unreachable:
                if time.monotonic() - last_answer > min(PATIENCE_S, wait_s):
                    raise
                time.sleep(RETRY_S)

    def _ask(self, method: str, path: str, **request: Any) -> Task:
        try:
            answer = self._http.request(method, path, **request)
            body = answer.json()
        except httpx2.TransportError as error:
            raise Unreachable(
                f"no answer from {self._url}: {error}; is the service running, and is --url right?"
            ) from None
        except ValueError:
            raise Unreachable(f"what answers at {self._url} is not this service; is --url right?") from None
        if answer.status_code in (502, 503, 504):
            raise Unreachable(f"{self._url}: {body.get('detail', answer.reason_phrase)}")
        if answer.is_error:
            raise Refused(body.get("detail", answer.reason_phrase))
        return dict(body)


def _blocks(file: BinaryIO, size: int | None, sent: Callable[[int], None]) -> Iterator[bytes]:
    """The bytes that were announced, and no others."""
    left = sys.maxsize if size is None else size
    while left and (block := file.read(min(BLOCK, left))):
        yield block
        left -= len(block)
        sent(len(block))
    if size is not None and (left or file.read(1)):
        raise Changed


def result_line(task: Task, name: bytes) -> bytes:
    """One line for a task that is done: exactly what `md5sum` prints for kind `md5`, else the result as JSON."""
    if task["kind"] == "md5":
        return md5sum_line(task["result"]["md5"], name)
    return json.dumps(task["result"], ensure_ascii=False).encode() + b"\n"


def md5sum_line(digest: str, name: bytes) -> bytes:
    """As coreutils writes it: a name with a backslash, a newline or a carriage return is escaped, and a backslash leads."""
    escaped = name.replace(b"\\", b"\\\\").replace(b"\n", b"\\n").replace(b"\r", b"\\r")
    lead = b"\\" if escaped != name else b""
    return lead + digest.encode() + b"  " + escaped + b"\n"


def report(task: Task, name: bytes, *, as_json: bool) -> int:
    """Print what became of a task: the result on stdout, everything else on stderr. Returns the exit code."""
    shown = printable(name.decode(errors="replace"))
    if as_json:
        _write(json.dumps(task, ensure_ascii=False).encode() + b"\n")
    elif task["outcome"] == "done":
        _write(result_line(task, name))
    if task["outcome"] is None:
        progress = task["progress"]
        print(
            f"{shown}: {task['status']}, {progress['done']} of {progress['total']} {progress['unit']}", file=sys.stderr
        )
        return 124
    if task["outcome"] != "done":
        why = task["error"]["detail"] if task["error"] else ""
        print(f"{shown}: {task['outcome'].upper()} {why}".rstrip(), file=sys.stderr)
        return 1
    if task["result"].get("match") is False:
        print(f"{shown}: the MD5 is not the expected {task['result']['expected']}", file=sys.stderr)
        return 1
    return 0


def print_id(task_id: str) -> int:
    """The id of a task, for a script that asks later. Returns the exit code."""
    _write(task_id.encode() + b"\n")
    return 0


def _write(line: bytes) -> None:
    sys.stdout.buffer.write(line)  # bytes: a file's name need not be text
    sys.stdout.buffer.flush()


def size_of(file: BinaryIO) -> int | None:
    """Bytes that are left to read of a regular file; None for what does not say: a pipe, a terminal, /proc."""
    found = os.fstat(file.fileno())
    return (found.st_size - file.tell() or None) if stat.S_ISREG(found.st_mode) else None


def is_id(text: str) -> bool:
    """Whether a text has the form of an id (UUID, with its hyphens)."""
    return re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", text.lower()) is not None


def printable(name: str) -> str:
    """A name as one line of a terminal can show it: control characters and what is not text, escaped."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode() for c in name)
