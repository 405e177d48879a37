"""`md5-service key`: who may use a service that asks for keys (MD5_AUTH=keys)."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from md5_service.cli.options import DATA, Data
from md5_service.cli.report import CannotWrite, complain, printable, write_text

if TYPE_CHECKING:
    from sqlalchemy import Connection

commands = typer.Typer(help="The keys of a service that runs with MD5_AUTH=keys.", no_args_is_help=True)

DatabaseUrl = Annotated[
    str | None,
    typer.Option("--database", envvar="MD5_DATABASE_URL", help="Where the keys are; else in the folder of `up`"),
]


@commands.command()
def create(
    owner: Annotated[str, typer.Argument(help="Whose key it is; who has several keys sees the same tasks with each")],
    database: DatabaseUrl = None,
    data: Data = DATA,
) -> None:
    """Make a key and print it, this once: only its hash is kept. The owner `local` has what was handed over without keys."""
    from md5_task_data import api_keys

    with _transaction(database, data) as db:
        key_id, key = api_keys.create(db, owner)
    try:
        write_text(key)
    except CannotWrite:
        complain(f"nobody has seen the key that was made; end it with `md5-service key revoke {key_id}`")
        raise
    complain(f"this key is shown only now; `md5-service key revoke {key_id}` ends it")


@commands.command(name="list")
def list_keys(database: DatabaseUrl = None, data: Data = DATA) -> None:
    """Print every key's id, owner, when it was made, and whether it was revoked."""
    from md5_task_data import api_keys
    from md5_task_data.schema import rfc3339

    with _transaction(database, data) as db:
        for row in api_keys.all_keys(db):
            state = f"revoked {rfc3339(row['revoked_at'])}" if row["revoked_at"] else "in use"
            write_text(f"{row['id']}  {printable(row['owner'])}  {rfc3339(row['created_at'])}  {state}")


@commands.command()
def revoke(
    key_id: Annotated[str, typer.Argument(metavar="ID", help="As `list` shows it")],
    database: DatabaseUrl = None,
    data: Data = DATA,
) -> None:
    """End a key: two seconds later nothing can be asked for with it. What was handed over with it stays its owner's."""
    from md5_task_data import api_keys

    with _transaction(database, data) as db:
        api_keys.revoke(db, key_id)


@contextmanager
def _transaction(url: str | None, data: Path) -> "Iterator[Connection]":
    """Exit code 2, with one line, where the database cannot be used, and 1 where it says no."""
    from sqlalchemy import URL
    from sqlalchemy.exc import SQLAlchemyError

    from md5_task_data import migrations
    from md5_task_data.database.engine import Database
    from md5_task_data.errors import DependencyAway, TaskDataError

    file = data.absolute() / "md5.sqlite3"
    if url is None and not file.is_file():
        _end(f"there is no service in {data.absolute()}; start it once, or name its folder with --data", 2)
    try:
        database = Database(url or URL.create("sqlite", database=str(file)).render_as_string())
    except SQLAlchemyError as error:
        _end(f"--database is not the URL of a database: {error}", 2)
    try:
        if not migrations.is_current(database):
            _end("the database is not of this version; run `md5-service migrate`, or start the service once", 2)
        with database.transaction() as db:
            yield db
    except TaskDataError as error:
        _end(error.detail, 1)
    except DependencyAway as error:
        _end(str(error), 2)


def _end(words: str, code: int) -> NoReturn:
    complain(words)
    raise typer.Exit(code)
