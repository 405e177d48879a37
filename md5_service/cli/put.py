"""`md5-service put`: hand files over one after the other; results come out in the same order, while the next are sent."""

import os
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import PurePath

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from md5_service.cli.remote import Changed, Refused, Remote, Unreachable, print_id, printable, report, size_of

SHOWN_NAME = 40  # characters of a name beside its bar


def run(remote: Remote, names: Sequence[str], parameters: Mapping[str, str], *, wait: bool, as_json: bool) -> int:
    """Returns the exit code: the worst of all files'. Raises Unreachable, with the files so far handed over."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    console = Console(stderr=True)
    codes: list[Future[int]] = []
    with (
        ThreadPoolExecutor(1) as in_order,
        Progress(*columns, console=console, disable=not console.is_terminal) as progress,
    ):
        for name in names:
            task_id = _hand_over(remote, name, parameters, progress)
            if task_id is None:
                codes.append(in_order.submit(lambda: 1))
            elif wait:
                codes.append(in_order.submit(_wait, remote, task_id, name, as_json))
            else:
                codes.append(in_order.submit(print_id, task_id))
    return max((code.result() for code in codes), default=0)


def _hand_over(remote: Remote, name: str, parameters: Mapping[str, str], progress: Progress) -> str | None:
    """The id that the file got; None, with a line on stderr, where it got none."""
    shown = name.encode(errors="replace").decode()
    try:
        with open(0 if name == "-" else name, "rb", buffering=0, closefd=name != "-") as file:
            size = size_of(file)
            bar = progress.add_task(_short(printable(shown)), total=size)
            filename = PurePath(shown).name or shown
            task = remote.hand_over(
                file, size, {**parameters, "filename": filename}, lambda n: progress.advance(bar, n)
            )
            progress.remove_task(bar)
    except OSError as error:
        print(f"md5-service: {printable(shown)}: {error.strerror}", file=sys.stderr)
        return None
    except (Changed, Refused) as error:
        print(f"md5-service: {printable(shown)}: {error}", file=sys.stderr)
        return None
    print(f"{task['id']} {printable(shown)}", file=sys.stderr)
    return str(task["id"])


def _wait(remote: Remote, task_id: str, name: str, as_json: bool) -> int:
    try:
        return report(remote.until_ended(task_id), os.fsencode(name), as_json=as_json)
    except (Unreachable, Refused) as error:
        print(f"md5-service: {task_id}: {error}; the id stays good: md5-service get {task_id}", file=sys.stderr)
        return 3


def _short(name: str) -> str:
    return name if len(name) <= SHOWN_NAME else f"{name[: SHOWN_NAME - 1]}…"
