"""`md5-service log`: reads the shared log. Only `shared_log` writes it."""

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, BinaryIO, NoReturn

import typer

from md5_service.cli.options import a_path
from md5_service.cli.report import CannotWrite, complain, write_all, write_text

commands = typer.Typer(help="Verify or print the shared log.", no_args_is_help=True)

BLOCK = 64 << 10  # bytes
LOOK_S = 0.2  # between two checks for new lines

File = Annotated[Path, typer.Argument(parser=a_path, metavar="FILE", envvar="MD5_LOG_PATH", help="The log file")]
FILE = Path("data/log/tasks.log")


@commands.command()
def verify(
    file: File = FILE,
    database: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            envvar="MD5_DATABASE_URL",
            help="The database, to check the end of the log against; in a folder of `up` it is found automatically",
        ),
    ] = None,
) -> None:
    """Verify the hash chain of a log.

    Names the first line that is wrong, and then exits with 1. Without the
    database, a change to the last line, or lines missing at the end, cannot be
    detected."""
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
        complain("--database is not a database URL")
        raise typer.Exit(2) from None
    except (OSError, DependencyAway) as error:
        _end(file, error)
    if verdict.wrong:
        write_text(f"{file}: {verdict.wrong}; the {verdict.lines} lines before it are correct")
        raise typer.Exit(1)
    checked = "the database agrees" if database else "the last line and the end were not checked: no database was given"
    write_text(f"{file}: {verdict.lines} lines, the chain is unbroken; {checked}")


@commands.command()
def tail(
    file: File = FILE,
    lines: Annotated[
        int, typer.Option("--lines", "-n", min=0, max=1_000_000, metavar="N", help="How many lines to print")
    ] = 10,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Keep printing new lines until Ctrl-C")] = False,
) -> None:
    """Print the last lines of a log.

    Each line is one JSON object about one task. A line that is still being
    written is printed once it is complete."""
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
    """The offset of the last `lines` complete lines. Reads backwards, so the size of the log does not matter."""
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
    """Print what was written after `place`. The file may have been truncated at a torn last line, or replaced."""
    try:
        log = file.open("rb")
    except FileNotFoundError:
        return 0
    with log:
        return _print_from(log, min(place, log.seek(0, os.SEEK_END)))


def _print_from(log: BinaryIO, place: int) -> int:
    """Print the complete lines from `place` on; returns the offset of their end."""
    log.seek(place)
    whole = 0

    def lines() -> Iterator[bytes]:
        nonlocal whole
        for line in log:
            if line.endswith(b"\n"):  # otherwise it is still being written
                whole += len(line)
                yield line

    write_all(lines())
    return place + whole


def _end(file: Path, error: Exception) -> NoReturn:
    complain(f"{file}: {error.strerror if isinstance(error, OSError) else error}")
    raise typer.Exit(2) from None
