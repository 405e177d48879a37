"""The command `md5-service`: its subcommands, options and exit codes. Each subcommand is implemented in the module of its name.

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
from md5_service.cli.overview import FIRST_STEPS, KEYS_AND_LOG, SERVICE, Overview
from md5_service.cli.report import CannotWrite, complain, say

app = typer.Typer(
    name="md5-service",
    cls=Overview,
    help="Upload files and get an id for each at once; every id ends in done or failed.",
    invoke_without_command=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        print(f"md5-service {version('md5-service')}")
        raise typer.Exit


@app.callback()
def no_command(
    ctx: typer.Context,
    _: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version")
    ] = False,
) -> None:
    """Without a subcommand: what to do first. It is still wrong usage, so a script does not take it for success."""
    if ctx.invoked_subcommand is None:
        for line in FIRST_STEPS:
            say(line)
        raise typer.Exit(2)


app.add_typer(tasks.app)  # put, check, get, ls, cancel


@app.command(rich_help_panel=SERVICE)
def up(
    host: Annotated[str, typer.Option(help="The address to listen on")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port to listen on; 0 takes any free one")] = 9000,
    data: Annotated[
        Path, typer.Option(parser=a_path, metavar="PATH", help="The folder that holds all of the service's data")
    ] = DATA,
    workers: Annotated[
        int, typer.Option(min=1, max=256, help="How many files are processed at the same time")
    ] = os.cpu_count() or 1,
) -> None:
    """Start the service on this machine.

    Runs everything in one process tree: the page, the API, the workers and
    the database. Prints the URL when it is ready. Ctrl-C stops it. Started
    again on the same folder, it continues where it stopped, even after a
    crash."""
    from md5_service.cli import up as command

    try:
        command.run(host, port, data, workers)
    except command.CannotStart as error:
        complain(error)
        raise typer.Exit(2) from None


@app.command(rich_help_panel=SERVICE)
def migrate(
    wait_s: Annotated[
        float,
        typer.Option("--wait", min=0, max=86400, metavar="S", help="Wait up to this many seconds for the database"),
    ] = 0,
) -> None:
    """Bring the database schema up to date.

    Migrates the database at MD5_DATABASE_URL, and creates the folders of the
    bucket and the log if they do not exist. `up` does this when it starts; run
    it yourself only if you start each process of the service separately."""
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


@app.command(rich_help_panel=SERVICE)
def doctor(
    data: Data = DATA,
    as_json: Annotated[bool, typer.Option("--json", help="Print each finding as one line of JSON")] = False,
) -> None:
    """Check rows, bytes, log and settings.

    Prints everything in them that does not fit together, and how to fix it.
    Changes nothing, and may run beside the service. Exits with 1 if it finds
    something."""
    from md5_service.cli import doctor as command
    from md5_service.cli.folder import FolderUnusable, settle

    try:
        settle(data)
    except FolderUnusable as error:
        complain(error)
        raise typer.Exit(2) from None
    raise typer.Exit(command.run(as_json=as_json))


@app.command(rich_help_panel=SERVICE)
def backup(
    file: Annotated[
        str, typer.Argument(parser=a_name, metavar="FILE", help="The file to create; - is standard output")
    ],
    data: Data = DATA,
) -> None:
    """Write database, bytes and log to one file.

    The service may keep running. What is uploaded or finishes during the
    backup is not in it. `restore` brings the backup back."""
    from md5_service.cli import backup as command

    raise typer.Exit(command.back_up(file, data))


@app.command(rich_help_panel=SERVICE)
def restore(
    file: Annotated[
        str, typer.Argument(parser=a_name, metavar="FILE", help="The file that `backup` wrote; - is standard input")
    ],
    data: Data = DATA,
) -> None:
    """Restore a backup into an empty database.

    STOP THE SERVICE FIRST, on every host: a running service is detected only
    in a folder of `up`. The database may be of any supported make. What is
    left in the bucket and the log may stay. Exits with 1 if something needs
    your attention."""
    from md5_service.cli import backup as command

    raise typer.Exit(command.bring_back(file, data))


app.add_typer(keys_of_service.commands, name="key", rich_help_panel=KEYS_AND_LOG)
app.add_typer(log.commands, name="log", rich_help_panel=KEYS_AND_LOG)


def main() -> None:
    """Exits with 1 if the results cannot be written: silently if the reader has closed the pipe, otherwise with one line."""
    _occupy_standard_descriptors()
    try:
        app(prog_name="md5-service")
    except OSError as error:  # `app` handles EPIPE itself
        # ENOSPC and EBADF come from printing help, which raises no CannotWrite.
        if not isinstance(error, CannotWrite) and error.errno not in (errno.ENOSPC, errno.EBADF):
            raise
        complain(f"the results cannot be written: {error.strerror}")
        raise SystemExit(1) from None


def _occupy_standard_descriptors() -> None:
    """The parent process may have closed standard descriptors. The next files opened would get their numbers, and a database, for
    example, would receive log lines. Reading standard input remains an error: its replacement is write-only."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_WRONLY), True)  # gets the lowest free number
