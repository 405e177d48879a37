"""`md5-service put`: upload files, several at once; results are printed in the order of the arguments."""

import os
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from md5_service.cli.in_order import in_order
from md5_service.cli.phones import AS_FOUND
from md5_service.cli.report import complain, printable, report, say, write_json, write_text
from md5_service.client import Changed, Client, Refused, Task, Unavailable, Unreachable

SHOWN_NAME = 40  # characters of a name beside its progress bar


@dataclass(frozen=True)
class Sent:
    """A file after its upload. If that failed, `task` is None and stderr says why."""

    name: str
    task: Task | None
    code: int = 0


@dataclass(frozen=True)
class Put:
    """One run of the command."""

    client: Client
    kind: str
    batch: str | None
    params: dict[str, str]
    wait: bool
    as_json: bool

    def run(self, names: Sequence[str]) -> int:
        """Returns the highest exit code of all files. Raises Unreachable; the files uploaded before stay uploaded."""
        columns = BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn()
        console = Console(stderr=True)
        with Progress(
            TextColumn("{task.description}"), *columns, console=console, disable=not console.is_terminal
        ) as bars:
            several = len(names) > 1
            sent = in_order(lambda turn: self._one(turn, bars), _turns(names))
            return max((self._print(each, with_name=several) for each in sent), default=0)

    def _one(self, turn: "Turn", bars: Progress) -> Sent:
        name = turn.name
        shown = printable(os.fsencode(name).decode(errors="replace"))
        bar = bars.add_task(_short(shown), total=None)
        try:
            with turn, _opened(name) as file:
                task = self.client.put(
                    file,
                    filename=name,
                    kind=self.kind,
                    batch=self.batch,
                    params=self.params,
                    on_progress=lambda sent, size: bars.update(bar, completed=sent, total=size),
                )
        except OSError as error:
            complain(f"{shown}: {error.strerror}")
            return Sent(name, None, 1)
        except (Changed, Refused) as error:
            if isinstance(error, Unavailable):
                raise
            complain(f"{shown}: {error}")
            return Sent(name, None, 1)
        finally:
            bars.remove_task(bar)
        say(f"{task['id']} {shown}")
        return self._ended(name, task) if self.wait and self.kind not in AS_FOUND else Sent(name, task)

    def _ended(self, name: str, task: Task) -> Sent:
        try:
            return Sent(name, self.client.wait(task["id"]))
        except (Unreachable, Refused) as error:
            return Sent(name, None, _lost(task, error))

    def _print(self, sent: Sent, *, with_name: bool) -> int:
        if sent.task is None:
            return sent.code
        name = os.fsencode(sent.name)
        if self.wait and self.kind in AS_FOUND:
            try:
                return AS_FOUND[self.kind](self.client, self.as_json, with_name).report(sent.task, name)
            except (Unreachable, Refused) as error:
                return _lost(sent.task, error)
        if self.wait:
            return report(sent.task, name, as_json=self.as_json)
        if self.as_json:
            write_json(sent.task)
        else:
            write_text(sent.task["id"])
        return 0


def _lost(task: Task, error: Exception) -> int:
    complain(f"{task['id']}: {error}; the id stays valid: md5-service get {task['id']}")
    return 3


class Turn:
    """A name and when it may be read: where several arguments are standard input, they read it one after another."""

    def __init__(self, name: str, before: threading.Event | None) -> None:
        self.name = name
        self._before = before
        self.over = threading.Event()

    def __enter__(self) -> None:
        if self._before is not None:
            self._before.wait()

    def __exit__(self, *_: object) -> None:
        self.over.set()


def _turns(names: Sequence[str]) -> Iterator[Turn]:
    before = None
    for name in names:
        turn = Turn(name, before if name == "-" else None)
        if name == "-":
            before = turn.over
        yield turn


def _opened(name: str) -> BinaryIO:
    return open(0 if name == "-" else name, "rb", buffering=0, closefd=name != "-")


def _short(name: str) -> str:
    return name if len(name) <= SHOWN_NAME else f"{name[: SHOWN_NAME - 1]}…"
