"""Alembic's migrations, run by `upgrade`: no alembic.ini, the package knows where they are."""

from pathlib import Path

from sqlalchemy import inspect, text

from md5_task_data.database.engine import Database
from md5_task_data.database.long_transactions import loading
from md5_task_data.errors import InvalidInput

HEAD = max(path.name[:4] for path in (Path(__file__).parent / "versions").glob("[0-9]*.py"))  # the newest revision


def upgrade(database: Database, revision: str = HEAD) -> None:
    """Bring the schema to `revision`. Raises InvalidInput for a database that a newer version of this program made."""
    there = _revision(database)
    if there is not None and there > HEAD:
        raise InvalidInput(
            f"a newer version of md5-service has used this database: its schema is {there}, and this version knows those up to "
            f"{HEAD}. Run the newer version; there is no way back but a backup that was made before"
        )
    if there != revision:
        _run("upgrade", database, revision)


def downgrade(database: Database, revision: str) -> None:
    """Take the schema back to `revision` ("base": nothing left)."""
    _run("downgrade", database, revision)


def is_current(database: Database) -> bool:
    """Whether the schema is the one that this program works with."""
    return _revision(database) == HEAD


def _revision(database: Database) -> str | None:
    """None: there is no schema yet."""
    with database.reading() as db:
        if not inspect(db).has_table("alembic_version"):
            return None
        there: str | None = db.scalar(text("SELECT version_num FROM alembic_version"))
        return there


def _run(step: str, database: Database, revision: str) -> None:
    from alembic import command  # takes a third of a second, which every start would pay
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    with loading(database) as db:  # what it changes may be millions of rows
        config.attributes["connection"] = db
        try:
            getattr(command, step)(config, revision)
        except CommandError as error:
            raise InvalidInput(f"the database is not one that this version can use: {error}") from error
