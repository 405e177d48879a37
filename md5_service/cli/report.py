"""What the commands print: results on stdout, as bytes, for a file's name need not be text; all else on stderr.

Much of it is the text of others: names, reasons, headers. No control character of theirs reaches a terminal.
"""

import contextlib
import errno
import json
import os
import sys
from collections.abc import Iterable, Iterator
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
    """One line for a task that is done: exactly what `md5sum` prints where the result is an MD5, else the result as JSON."""
    result = task["result"] or {}
    if "md5" in result:
        return md5sum.line(result["md5"], name)
    return json.dumps(result, ensure_ascii=False).encode() + b"\n"


def why(task: "Task") -> str:
    return task["error"]["detail"] if task["error"] else ""


class CannotWrite(OSError):
    """Standard output is closed, full, or read by nobody any more."""


def write(line: bytes) -> None:
    """A line of results: as it is into a file or a pipe. Raises CannotWrite."""
    write_all([line])


def write_all(lines: Iterable[bytes]) -> None:
    """As `write`, as they come. What fails while they are made is not CannotWrite."""
    if sys.stdout is None:
        raise CannotWrite(errno.EBADF, os.strerror(errno.EBADF))  # closed by who started us
    is_read_by_a_person = sys.stdout.isatty()
    for line in lines:
        with _giving_up():
            if is_read_by_a_person:  # as text, so that it comes above the bars of a progress
                sys.stdout.write(_as_one_line(line))
            else:
                sys.stdout.buffer.write(line)
    with _giving_up():
        sys.stdout.flush()


@contextlib.contextmanager
def _giving_up() -> Iterator[None]:
    """Raises CannotWrite. What is still in a buffer then goes nowhere, so that the end of the process does not fail by it."""
    try:
        yield
    except OSError as error:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
        raise CannotWrite(error.errno, error.strerror) from None


def write_text(words: str) -> None:
    """As `write`, one line."""
    write(words.encode(errors="surrogateescape") + b"\n")


def write_json(about: object) -> None:
    write_text(json.dumps(about, ensure_ascii=False))


def say(words: object) -> None:
    """One line on stderr. Where nobody can read it, the work goes on all the same."""
    with contextlib.suppress(OSError):
        if sys.stderr is not None:
            # At once: `print` writes the newline by itself, and other threads speak, too.
            sys.stderr.write(f"{printable(str(words))}\n")


def complain(words: object) -> None:
    say(f"md5-service: {words}")


def printable(text: str) -> str:
    """A text as one line of a terminal can show it: control characters and what is not text, escaped."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode() for c in text)


def _as_one_line(line: bytes) -> str:
    """In characters that the terminal has."""
    shown = printable(line.removesuffix(b"\n").decode(errors="replace"))
    encoding = sys.stdout.encoding or "utf-8"  # None: a progress has taken its place, and shows it on stderr
    return shown.encode(encoding, "backslashreplace").decode(encoding) + "\n"
