"""What the commands print: results on stdout, everything else on stderr. Results are bytes, because a file name need not be text.

Names, reasons and headers are untrusted text: none of their control characters reaches a terminal.
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
    """Print the result of a task, or why there is none. Returns the exit code."""
    if as_json:
        write_json(task)
    elif task["outcome"] == "done":
        write(result_line(task, name))
    return exit_code(task, name)


def exit_code(task: "Task", name: bytes) -> int:
    """The exit code for a task. Unless it is 0, stderr says why."""
    shown = printable(name.decode(errors="replace"))
    result = task["result"] or {}
    if task["outcome"] is None:
        progress = task["progress"]
        say(f"{shown}: {task['status']}, {progress['done']} of {progress['total']} {progress['unit']}")
        return 124
    if task["outcome"] != "done":
        say(f"{shown}: {task['outcome'].upper()} {why(task)}".rstrip())
        return 1
    if result.get("match") is False:
        say(f"{shown}: the MD5 does not match the expected {result['expected']}")
        return 1
    return 0


def result_line(task: "Task", name: bytes) -> bytes:
    """One line for a task that is done: exactly what `md5sum` prints if the result is an MD5, otherwise the result as JSON."""
    result = task["result"] or {}
    if "md5" in result:
        return md5sum.line(result["md5"], name)
    return json.dumps(result, ensure_ascii=False).encode() + b"\n"


def why(task: "Task") -> str:
    return task["error"]["detail"] if task["error"] else ""


class CannotWrite(OSError):
    """Standard output is closed, full, or no longer read."""


def write(line: bytes) -> None:
    """Write a line of results, unchanged unless stdout is a terminal. Raises CannotWrite."""
    write_all([line])


def write_all(lines: Iterable[bytes]) -> None:
    """`write` for each line as it arrives. An OSError of the iterable itself is raised unchanged."""
    if sys.stdout is None:
        raise CannotWrite(errno.EBADF, os.strerror(errno.EBADF))  # closed by the parent process
    on_a_terminal = is_read_by_a_person()
    for line in lines:
        with _giving_up():
            if on_a_terminal:  # as text, so that it appears above the progress bars
                sys.stdout.write(_as_one_line(line))
            else:
                sys.stdout.buffer.write(line)
    with _giving_up():
        sys.stdout.flush()


def is_read_by_a_person() -> bool:
    """Whether stdout is a terminal."""
    return sys.stdout is not None and sys.stdout.isatty()


@contextlib.contextmanager
def _giving_up() -> Iterator[None]:
    """Turns an OSError into CannotWrite, and discards what is still buffered, so that flushing at exit does not fail again."""
    try:
        yield
    except OSError as error:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
        raise CannotWrite(error.errno, error.strerror) from None


def write_text(words: str) -> None:
    """`write` for text, without its newline."""
    write(words.encode(errors="surrogateescape") + b"\n")


def write_json(about: object) -> None:
    write_text(json.dumps(about, ensure_ascii=False))


def say(words: object) -> None:
    """Print one line on stderr. If that fails, the work continues."""
    with contextlib.suppress(OSError):
        if sys.stderr is not None:
            # In one call: `print` writes the newline separately, and other threads print, too.
            sys.stderr.write(f"{printable(str(words))}\n")


def complain(words: object) -> None:
    say(f"md5-service: {words}")


def printable(text: str) -> str:
    """The text as a terminal can show it in one line: control characters, and bytes that are not text, are escaped."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode() for c in text)


def _as_one_line(line: bytes) -> str:
    """The line in characters that the terminal's encoding has."""
    shown = printable(line.removesuffix(b"\n").decode(errors="replace"))
    encoding = sys.stdout.encoding or "utf-8"  # None: progress bars have replaced it, and show the line on stderr
    return shown.encode(encoding, "backslashreplace").decode(encoding) + "\n"
