"""What the commands print: results on stdout, as bytes, for a file's name need not be text; all else on stderr."""

import errno
import json
import os
import sys
from typing import TYPE_CHECKING

from md5_service import md5sum

if TYPE_CHECKING:
    from md5_service.client import Task


def report(task: "Task", name: bytes, *, as_json: bool) -> int:
    """Print what became of a task: its result, or why there is none. Returns the exit code."""
    shown = printable(name.decode(errors="replace"))
    result = task["result"] or {}
    if as_json:
        write_json(task)
    elif task["outcome"] == "done":
        write(result_line(task, name))
    if task["outcome"] is None:
        progress = task["progress"]
        say(f"{shown}: {task['status']}, {progress['done']} of {progress['total']} {progress['unit']}")
        return 124
    if task["outcome"] != "done":
        say(f"{shown}: {task['outcome'].upper()} {why(task)}".rstrip())
        return 1
    if result.get("match") is False:
        say(f"{shown}: the MD5 is not the expected {result['expected']}")
        return 1
    return 0


def result_line(task: "Task", name: bytes) -> bytes:
    """One line for a task that is done: exactly what `md5sum` prints for kind `md5`, else the result as JSON."""
    result = task["result"] or {}
    if task["kind"] == "md5":
        return md5sum.line(result["md5"], name)
    return json.dumps(result, ensure_ascii=False).encode() + b"\n"


def why(task: "Task") -> str:
    return task["error"]["detail"] if task["error"] else ""


def write(line: bytes) -> None:
    """Raises OSError."""
    if sys.stdout is None:
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))  # closed by who started us
    sys.stdout.buffer.write(line)
    sys.stdout.buffer.flush()


def write_json(task: "Task") -> None:
    write(json.dumps(task, ensure_ascii=False).encode() + b"\n")


def say(words: object) -> None:
    if sys.stderr is not None:
        sys.stderr.write(f"{words}\n")  # at once: `print` writes the newline by itself, and other threads speak, too


def complain(words: object) -> None:
    say(f"md5-service: {words}")


def printable(name: str) -> str:
    """A name as one line of a terminal can show it: control characters and what is not text, escaped."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode() for c in name)
