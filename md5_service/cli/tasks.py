"""The commands of a client: put, check, get, ls, cancel. Each is implemented in the module of its name."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from md5_service.cli.options import a_path, kinds, statuses, verdicts
from md5_service.cli.overview import FILES
from md5_service.cli.report import CannotWrite, complain

if TYPE_CHECKING:
    from md5_service.client import Client

app = typer.Typer()

Url = Annotated[str, typer.Option("--url", envvar="MD5_URL", help="The URL of the service")]
Key = Annotated[str | None, typer.Option("--key", envvar="MD5_KEY", help="The API key, if the service requires one")]
EachAsJson = Annotated[bool, typer.Option("--json", help="Print each task as one line of JSON")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the task as one line of JSON; for phones, each number")]
DEFAULT_URL = "http://127.0.0.1:9000"


@app.command(rich_help_panel=FILES)
def put(
    files: Annotated[list[str], typer.Argument(metavar="FILE", help="The files to upload; - is standard input")],
    kind: Annotated[
        str,
        typer.Option(metavar="KIND", autocompletion=kinds, help=f"What to do with the files: {', '.join(kinds())}"),
    ] = "md5",
    param: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="A parameter of the kind, such as expected_md5=…; may be repeated"),
    ] = None,
    batch: Annotated[
        str | None, typer.Option(metavar="NAME", help="A name that groups these files, such as a delivery")
    ] = None,
    wait: Annotated[bool, typer.Option(help="Wait for the results, or print only the ids")] = True,
    as_json: AsJson = False,
    url: Url = DEFAULT_URL,
    key: Key = None,
) -> None:
    """Upload files and print their results.

    For the kind md5, the output is that of md5sum. For phones, it is a line for
    each number, as soon as it is found: the number, its line, and how it is
    written, separated by tabs; then the file, if there are several. For the
    others, it is one line of JSON for each file.

    Ids and progress go to standard error. Results are printed in the order of
    the arguments.

    The parameters of each kind are described at URL/docs, under POST /v1/tasks.

    Exits with 1 if a file fails or does not have the expected MD5."""
    from md5_service.cli.put import Put

    parameters = {}
    for pair in param or []:
        name, equals, value = pair.partition("=")
        if not equals:
            raise typer.BadParameter(f"{pair!r} is not of the form NAME=VALUE", param_hint="--param")
        parameters[name] = value
    with _client(url, key) as client:
        raise typer.Exit(Put(client, kind, batch, parameters, wait, as_json).run(files))


@app.command(rich_help_panel=FILES)
def check(
    manifest: Annotated[
        str, typer.Argument(metavar="MANIFEST", help="A list as md5sum writes it; - is standard input")
    ],
    folder: Annotated[
        Path, typer.Option("--dir", parser=a_path, metavar="DIR", help="The folder that the names are relative to")
    ] = Path(),
    batch: Annotated[
        str | None, typer.Option(metavar="NAME", help="A name that groups these files, such as a delivery")
    ] = None,
    url: Url = DEFAULT_URL,
    key: Key = None,
) -> None:
    """Check the files that an md5sum list names.

    Uploads each file with its expected MD5, and prints NAME: OK or
    NAME: FAILED, as md5sum -c does. Exits with 1 if a file does not match or
    cannot be checked."""
    from md5_service.cli.check import Check

    with _client(url, key) as client:
        try:
            code = Check(client, folder, batch).run(manifest)
        except CannotWrite:
            raise
        except OSError as error:
            complain(f"{manifest}: {error.strerror}")
            code = 1
        raise typer.Exit(code)


@app.command(rich_help_panel=FILES)
def get(
    task_id: Annotated[str, typer.Argument(metavar="ID", help="The id that the upload returned")],
    wait: Annotated[
        float,
        typer.Option(min=0, metavar="S", help="Wait up to this many seconds for the result; then exit with 124"),
    ] = 0,
    as_json: AsJson = False,
    url: Url = DEFAULT_URL,
    key: Key = None,
) -> None:
    """Print the result of one file.

    For the kind md5, the output is that of md5sum. For phones, it is the numbers
    found so far, as put prints them. For the others, it is one line of JSON. If
    there is no result, or only a part of it, standard error says why.

    Exits with 1 if the file failed or does not have the expected MD5, and with
    124 if it has not finished."""
    from md5_service.cli.phones import AS_FOUND
    from md5_service.cli.report import report
    from md5_service.client import TimedOut

    with _client(url, key) as client:
        try:
            task = client.wait(task_id, wait)
        except TimedOut as error:
            task = error.task
        name = task["filename"].encode()
        if found := AS_FOUND.get(task["kind"]):
            raise typer.Exit(found(client, as_json, timeout_s=0).report(task, name))
        raise typer.Exit(report(task, name, as_json=as_json))


@app.command(rich_help_panel=FILES)
def ls(
    kind: Annotated[
        str | None, typer.Option(metavar="KIND", autocompletion=kinds, help="Only tasks of this kind, such as contacts")
    ] = None,
    status: Annotated[
        str | None,
        typer.Option(
            metavar="STATUS", autocompletion=statuses, help="Only tasks in this status, such as running or failed"
        ),
    ] = None,
    name: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Only files whose name contains this; case is ignored")
    ] = None,
    batch: Annotated[str | None, typer.Option(metavar="NAME", help="Only files of this batch")] = None,
    md5: Annotated[str | None, typer.Option(metavar="MD5", help="Only files with this MD5")] = None,
    verdict: Annotated[
        str | None,
        typer.Option(
            metavar="VERDICT",
            autocompletion=verdicts,
            help="Only files with this verdict: match, mismatch, or none (nothing was expected)",
        ),
    ] = None,
    after: Annotated[
        str | None,
        typer.Option(
            metavar="TIME", help="Only files uploaded at this time or later: 2026-03-12 or 2026-03-12T14:03:22Z"
        ),
    ] = None,
    before: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="Only files uploaded before this time; a date means midnight UTC"),
    ] = None,
    limit: Annotated[int, typer.Option(min=0, metavar="N", help="List at most N tasks; 0 lists all")] = 100,
    as_json: EachAsJson = False,
    url: Url = DEFAULT_URL,
    key: Key = None,
) -> None:
    """List uploaded files, newest first.

    On a terminal, prints a table. Otherwise prints tab-separated lines: id,
    status, size in bytes, MD5, name."""
    from md5_service.cli import ls as command
    from md5_service.client import InvalidInput

    with _client(url, key) as client:
        found = client.list(
            kind=kind,
            status=status,
            name=name,
            batch=batch,
            md5=md5,
            verdict=verdict,
            created_after=after,
            created_before=before,
            limit=limit or None,
        )
        try:
            command.show(found, as_json=as_json)
        except InvalidInput as error:  # a filter that no task can pass
            raise typer.BadParameter(command.by_options(error.detail)) from None


@app.command(rich_help_panel=FILES)
def cancel(
    task_ids: Annotated[list[str], typer.Argument(metavar="ID", help="The ids that the uploads returned")],
    as_json: EachAsJson = False,
    url: Url = DEFAULT_URL,
    key: Key = None,
) -> None:
    """Cancel files that have not finished.

    Exits with 1 if one of them has finished or does not exist; the others are
    cancelled."""
    from md5_service.cli.report import write_json, write_text
    from md5_service.client import Refused, Unavailable

    code = 0
    with _client(url, key) as client:
        for task_id in task_ids:
            try:
                task = client.cancel(task_id)
            except Refused as error:
                if isinstance(error, Unavailable):
                    raise
                complain(f"{task_id}: {error}")
                code = 1
            else:
                write_json(task) if as_json else write_text(f"{task_id}: {task['outcome']}")
        raise typer.Exit(code)


@contextmanager
def _client(url: str, key: str | None) -> "Iterator[Client]":
    """Exits with 3 if the service does not answer, with 1 if it refuses."""
    from md5_service.client import Client, Refused, Unavailable, Unreachable
    from md5_service.client.setup import address_of, key_of

    for check, given, hint in ((address_of, url, "--url"), (key_of, key or "", "--key")):
        try:
            check(given)
        except ValueError as error:
            raise typer.BadParameter(str(error), param_hint=hint) from None
    try:
        with Client(url, key) as client:
            yield client
    except (Unreachable, Unavailable) as error:
        complain(f"{url.strip()}: {error}" if isinstance(error, Unavailable) else error)
        raise typer.Exit(3) from None
    except Refused as error:
        complain(error)
        raise typer.Exit(1) from None
