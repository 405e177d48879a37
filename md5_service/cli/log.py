"""`md5-service log`: the shared log, for people and scripts. Reads it, as anybody may; only `shared_log` writes."""

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, BinaryIO, NoReturn

import typer

from md5_service.cli.options import a_path
from md5_service.cli.report import CannotWrite, complain, write_all, write_text

commands = typer.Typer(help="The shared log.", no_args_is_help=True)

BLOCK = 64 << 10  # bytes
LOOK_S = 0.2  # between two looks for new lines

File = Annotated[Path, typer.Argument(parser=a_path, metavar="FILE", envvar="MD5_LOG_PATH", help="The log")]
FILE = Path("data/log/tasks.log")


@commands.command()
def verify(
    file: File = FILE,
    database: Annotated[
        str | None,
        typer.Option(
            envvar="MD5_DATABASE_URL",
            help="Vouches for the last line and the end; found by itself in the folder of `up`",
        ),
    ] = None,
) -> None:
    """Walk the hash chain of a log, and name the first line that is not right."""
    from sqlalchemy import URL
    from sqlalchemy.exc import ArgumentError

    from md5_task_data.database.engine import Database
    from md5_task_data.errors import DependencyAway
    from md5_task_data.log import verify

    beside = file.absolute().parent.parent / "md5.sqlite3"
    if database is None and beside.is_file():
        database = URL.create("sqlite", database=str(beside)).render_as_string()
    try:
        verdict = verify.verify(file, Database(database) if database else None)
    except ArgumentError:
        complain("--database: not the URL of a database")
        raise typer.Exit(2) from None
    except (OSError, DependencyAway) as error:
        _end(file, error)
    if verdict.wrong:
        write_text(f"{file}: {verdict.wrong}; {verdict.lines} lines before that are right")
        raise typer.Exit(1)
    checked = "the database agrees" if database else "without a database, the last line and the end are not checked"
    write_text(f"{file}: {verdict.lines} lines, the chain is unbroken; {checked}")


@commands.command()
def tail(
    file: File = FILE,
    lines: Annotated[int, typer.Option("--lines", "-n", min=0, max=1_000_000, help="So many of the last lines")] = 10,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with what is written; Ctrl-C ends it")] = False,
) -> None:
    """Print the last lines of a log, as they are: one JSON object a task. A line that is being written is not shown before it is
    whole."""
    try:
        with file.open("rb") as log:
            place = _print_from(log, _start_of_last(log, lines))
        while follow:
            time.sleep(LOOK_S)
            place = _print_new(file, place)
    except CannotWrite:
        raise
    except OSError as error:
        _end(file, error)
    except KeyboardInterrupt:
        raise typer.Exit(130) from None


def _start_of_last(log: BinaryIO, lines: int) -> int:
    """Where the last so many whole lines begin: read backwards, so that the size of the log does not matter."""
    start, found = log.seek(0, os.SEEK_END), 0
    while start > 0:
        size = min(BLOCK, start)
        start = log.seek(start - size)
        block, place = log.read(size), size
        while (place := block.rfind(b"\n", 0, place)) >= 0:
            found += 1
            if found > lines:
                return start + place + 1
    return 0


def _print_new(file: Path, place: int) -> int:
    """Print what has come after `place`, in a file that was perhaps cut where its last line was torn, or moved away and written
    again."""
    try:
        log = file.open("rb")
    except FileNotFoundError:
        return 0
    with log:
        return _print_from(log, min(place, log.seek(0, os.SEEK_END)))


def _print_from(log: BinaryIO, place: int) -> int:
    """Print the whole lines from there on; returns where they end."""
    log.seek(place)
    whole = 0

    def lines() -> Iterator[bytes]:
        nonlocal whole
        for line in log:
            if line.endswith(b"\n"):  # else it is being written
                whole += len(line)
                yield line

    write_all(lines())
    return place + whole


def _end(file: Path, error: Exception) -> NoReturn:
    complain(f"{file}: {error.strerror if isinstance(error, OSError) else error}")
    raise typer.Exit(2) from None
