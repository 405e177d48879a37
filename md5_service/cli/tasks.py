"""The commands of a client: put, get, ls, cancel, check. What each does is in the module of its name."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from md5_service.cli.options import a_path
from md5_service.cli.report import CannotWrite, complain

if TYPE_CHECKING:
    from md5_service.client import Client

app = typer.Typer()

Url = Annotated[str, typer.Option("--url", envvar="MD5_URL", help="Where the service is")]
Key = Annotated[str | None, typer.Option("--key", envvar="MD5_KEY", help="The API key, where one is asked for")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the task as one line of JSON")]
DEFAULT_URL = "http://127.0.0.1:9000"


@app.command()
def put(
    files: Annotated[list[str], typer.Argument(help="Files to hand over; - is the standard input")],
    kind: Annotated[str, typer.Option(help="What to do with them")] = "md5",
    param: Annotated[list[str] | None, typer.Option(metavar="K=V", help="A parameter of the kind; may repeat")] = None,
    batch: Annotated[str | None, typer.Option(help="A name that these files share")] = None,
    wait: Annotated[bool, typer.Option(help="Wait for the results, or print the ids at once")] = True,
    as_json: AsJson = False,
    url: Url = DEFAULT_URL,
    key: Key = None,
) -> None:
    """Hand files over and print their MD5s as md5sum does. Ids and progress go to stderr."""
    from md5_service.cli.put import Put

    parameters = {}
    for pair in param or []:
        name, equals, value = pair.partition("=")
        if not equals:
            raise typer.BadParameter(f"{pair!r} is not of the form name=value", param_hint="--param")
        parameters[name] = value
    with _client(url, key) as client:
        raise typer.Exit(Put(client, kind, batch, parameters, wait, as_json).run(files))


@app.command()
def get(
    task_id: Annotated[str, typer.Argument(metavar="ID", help="The id that a file got")],
    wait: Annotated[
        float, typer.Option(min=0, metavar="S", help="Wait so many seconds for the end; then exit with 124")
    ] = 0,
    as_json: AsJson = False,
    url: Url = DEFAULT_URL,
    key: Key = None,
) -> None:
    """Print what became of a file: its MD5 as md5sum does, or on stderr why there is none."""
    from md5_service.cli.report import report
    from md5_service.client import TimedOut

    with _client(url, key) as client:
        try:
            task = client.wait(task_id, wait)
        except TimedOut as error:
            task = error.task
        raise typer.Exit(report(task, task["filename"].encode(), as_json=as_json))


@app.command()
def ls(
    status: Annotated[
        str | None, typer.Option(help="Only those that are queued, running, done, failed, cancelled …")
    ] = None,
    name: Annotated[str | None, typer.Option(help="A part of the file's name; upper and lower case are alike")] = None,
    batch: Annotated[str | None, typer.Option(help="The batch that they were handed over with")] = None,
    md5: Annotated[str | None, typer.Option(help="The MD5 that they have")] = None,
    verdict: Annotated[
        str | None, typer.Option(help="match, mismatch (not the expected MD5), or none (not checked)")
    ] = None,
    after: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="Uploaded at this time or later: 2026-03-12, or 2026-03-12T14:03:22Z"),
    ] = None,
    before: Annotated[
        str | None, typer.Option(metavar="TIME", help="Uploaded before this time; a date is its midnight, UTC")
    ] = None,
    limit: Annotated[int, typer.Option(min=0, metavar="N", help="At most so many; 0: all of them")] = 100,
    as_json: Annotated[bool, typer.Option("--json", help="Print each task as one line of JSON")] = False,
    url: Url = DEFAULT_URL,
    key: Key = None,
) -> None:
    """List what was handed over, newest first: id, status, bytes, MD5, name; tab-separated where no terminal reads."""
    from md5_service.cli import ls as command

    with _client(url, key) as client:
        found = client.list(
            status=status,
            name=name,
            batch=batch,
            md5=md5,
            verdict=verdict,
            created_after=after,
            created_before=before,
            limit=limit or None,
        )
        command.show(found, as_json=as_json)


@app.command()
def cancel(
    task_ids: Annotated[list[str], typer.Argument(metavar="ID…", help="The ids that files got")],
    as_json: AsJson = False,
    url: Url = DEFAULT_URL,
    key: Key = None,
) -> None:
    """Cancel what has not ended. Exits with 1 where one of them had."""
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


@app.command()
def check(
    manifest: Annotated[str, typer.Argument(metavar="MANIFEST", help="What md5sum printed; - is the standard input")],
    folder: Annotated[
        Path, typer.Option("--dir", parser=a_path, metavar="D", help="The folder that its names are relative to")
    ] = Path(),
    batch: Annotated[str | None, typer.Option(help="A name that these files share")] = None,
    url: Url = DEFAULT_URL,
    key: Key = None,
) -> None:
    """Hand over the files that a manifest lists, and print of each whether it is right, as md5sum -c does."""
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


@contextmanager
def _client(url: str, key: str | None) -> "Iterator[Client]":
    """Exit code 3 for a service that does not answer, 1 for one that says no."""
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
