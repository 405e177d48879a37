"""The command `md5-service`: its words, options and exit codes. What each does is in the module of its name.

Exit codes: 0 fine, 1 a mismatch or a failed task, 2 usage (or a service that cannot start), 3 the server cannot be
reached, 124 a wait timed out.
"""

import errno
import os
from pathlib import Path
from typing import Annotated

import typer

from md5_service.cli import key as keys_of_service
from md5_service.cli import log, tasks
from md5_service.cli.options import DATA, Data, a_name, a_path
from md5_service.cli.report import CannotWrite, complain

app = typer.Typer(
    name="md5-service",
    help="Hand a file over, get an id at once: a promise that always ends in done or failed, with one line in one log.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.command()
def up(
    host: Annotated[str, typer.Option(help="The address to listen on")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port to listen on; 0: any free one")] = 9000,
    data: Annotated[
        Path, typer.Option(parser=a_path, metavar="PATH", help="The folder in which everything lives")
    ] = DATA,
    workers: Annotated[
        int, typer.Option(min=1, max=256, help="Files that are worked on at the same time")
    ] = os.cpu_count() or 1,
) -> None:
    """Run everything on this machine: page, API, workers and their database. Ctrl-C stops it; started again on the same
    folder it goes on where it was."""
    from md5_service.cli import up as command

    try:
        command.run(host, port, data, workers)
    except command.CannotStart as error:
        complain(error)
        raise typer.Exit(2) from None


app.add_typer(tasks.app)  # put, get, ls, cancel, check

app.add_typer(keys_of_service.commands, name="key")
app.add_typer(log.commands, name="log")


@app.command()
def migrate(
    wait_s: Annotated[
        float, typer.Option("--wait", min=0, max=86400, metavar="S", help="Wait so long for the database, in seconds")
    ] = 0,
) -> None:
    """Bring the schema of the database at MD5_DATABASE_URL up to date; make the folders of bucket and log where need be."""
    from md5_service.readiness import wait_for
    from md5_service.settings import BadSettings, read_settings
    from md5_task_data import migrations
    from md5_task_data.bucket.folder import Bucket
    from md5_task_data.database.engine import Database
    from md5_task_data.errors import DependencyAway, InvalidInput

    try:
        settings = read_settings()
        database = Database(settings.database_url)
        wait_for("database", lambda: migrations.upgrade(database), complain, wait_s)
        Bucket(settings.bucket_url).make()
        settings.log_path.parent.mkdir(parents=True, exist_ok=True)
    except (BadSettings, DependencyAway, InvalidInput, OSError) as error:
        complain(error)
        raise typer.Exit(2) from None


@app.command()
def doctor(
    data: Data = DATA,
    as_json: Annotated[bool, typer.Option("--json", help="Print each finding as one line of JSON")] = False,
) -> None:
    """Look whether rows, bytes, log and settings fit together, and say what to do where they do not. Changes nothing; exits
    with 1 when something was found."""
    from md5_service.cli import doctor as command
    from md5_service.cli.folder import FolderUnusable, settle

    try:
        settle(data)
    except FolderUnusable as error:
        complain(error)
        raise typer.Exit(2) from None
    raise typer.Exit(command.run(as_json=as_json))


@app.command()
def backup(
    file: Annotated[
        str, typer.Argument(parser=a_name, metavar="FILE", help="The file to be made; - is the standard output")
    ],
    data: Data = DATA,
) -> None:
    """Write database, bytes and log into one file, while the service works; `restore` brings it back. What ends meanwhile, or is
    handed over, is not in it."""
    from md5_service.cli import backup as command

    raise typer.Exit(command.back_up(file, data))


@app.command()
def restore(
    file: Annotated[
        str, typer.Argument(parser=a_name, metavar="FILE", help="What `backup` wrote; - is the standard input")
    ],
    data: Data = DATA,
) -> None:
    """Bring a backup back, into an empty database of any make. STOP THE SERVICE FIRST, on every host: only of a folder of `up`
    can it be seen whether one runs. What is left of bucket and log may stay. Exits with 1 when something is to be looked at."""
    from md5_service.cli import backup as command

    raise typer.Exit(command.bring_back(file, data))


def main() -> None:
    """Exits with 1 where results cannot be written: quietly where whoever reads has seen enough, else with a line."""
    _occupy_standard_descriptors()
    try:
        app()
    except OSError as error:  # EPIPE ends in `app` already
        if not isinstance(error, CannotWrite) and error.errno not in (errno.ENOSPC, errno.EBADF):  # as help has them
            raise
        complain(f"the results cannot be written: {error.strerror}")
        raise SystemExit(1) from None


def _occupy_standard_descriptors() -> None:
    """Who started us may have closed some. What is opened next would get their numbers, and a database, say, lines of a log.
    Reading the standard input stays an error then, for it is open for writing only."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_WRONLY), True)  # it takes the lowest number that is free
