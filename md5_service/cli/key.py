"""`md5-service key`: the API keys of a service that requires them (MD5_AUTH=keys)."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from md5_service.cli.options import DATA, Data
from md5_service.cli.report import CannotWrite, complain, printable, write_text

if TYPE_CHECKING:
    from sqlalchemy import Connection

commands = typer.Typer(
    help="Create, list and revoke API keys.\n\nClients of a service that runs with MD5_AUTH=keys need one.",
    no_args_is_help=True,
)

DatabaseUrl = Annotated[
    str | None,
    typer.Option(
        "--database", metavar="URL", envvar="MD5_DATABASE_URL", help="The database; default: the one in --data"
    ),
]


@commands.command()
def create(
    owner: Annotated[
        str, typer.Argument(metavar="OWNER", help="Whose key it is; all keys of one owner see the same tasks")
    ],
    database: DatabaseUrl = None,
    data: Data = DATA,
) -> None:
    """Create a key and print it.

    The key is shown only once: the service stores only its hash. The owner
    `local` owns what was uploaded without a key."""
    from md5_task_data import api_keys

    with _transaction(database, data) as db:
        key_id, key = api_keys.create(db, owner)
    try:
        write_text(key)
    except CannotWrite:
        complain(f"the new key could not be shown; revoke it: `md5-service key revoke {key_id}`")
        raise
    complain(f"this key is not shown again; to revoke it: `md5-service key revoke {key_id}`")


@commands.command(name="list")
def list_keys(database: DatabaseUrl = None, data: Data = DATA) -> None:
    """List all keys: id, owner, time of creation, and whether it was revoked."""
    from md5_task_data import api_keys
    from md5_task_data.schema import rfc3339

    with _transaction(database, data) as db:
        for row in api_keys.all_keys(db):
            state = f"revoked {rfc3339(row['revoked_at'])}" if row["revoked_at"] else "in use"
            write_text(f"{row['id']}  {printable(row['owner'])}  {rfc3339(row['created_at'])}  {state}")


@commands.command()
def revoke(
    key_id: Annotated[str, typer.Argument(metavar="ID", help="The id of the key, as `list` shows it")],
    database: DatabaseUrl = None,
    data: Data = DATA,
) -> None:
    """Revoke a key.

    The service rejects it within two seconds. What was uploaded with it still
    belongs to its owner."""
    from md5_task_data import api_keys

    with _transaction(database, data) as db:
        api_keys.revoke(db, key_id)


@contextmanager
def _transaction(url: str | None, data: Path) -> "Iterator[Connection]":
    """Exits with 2 and one line if the database cannot be used, with 1 if it refuses."""
    from sqlalchemy import URL
    from sqlalchemy.exc import SQLAlchemyError

    from md5_task_data import migrations
    from md5_task_data.database.engine import Database
    from md5_task_data.errors import DependencyAway, TaskDataError

    file = data.absolute() / "md5.sqlite3"
    if url is None and not file.is_file():
        _end(f"no service data in {data.absolute()}; start the service once, or name its folder with --data", 2)
    try:
        database = Database(url or URL.create("sqlite", database=str(file)).render_as_string())
    except SQLAlchemyError as error:
        _end(f"--database is not a database URL: {error}", 2)
    try:
        if not migrations.is_current(database):
            _end("the database schema is of another version; run `md5-service migrate`, or start the service once", 2)
        with database.transaction() as db:
            yield db
    except TaskDataError as error:
        _end(error.detail, 1)
    except DependencyAway as error:
        _end(str(error), 2)


def _end(words: str, code: int) -> NoReturn:
    complain(words)
    raise typer.Exit(code)
