"""Alembic's migrations, run by `upgrade`. There is no alembic.ini, because the package knows where they are."""

from pathlib import Path

from sqlalchemy import inspect, text

from md5_task_data.database.engine import Database
from md5_task_data.database.long_transactions import loading
from md5_task_data.errors import InvalidInput

HEAD = max(path.name[:4] for path in (Path(__file__).parent / "versions").glob("[0-9]*.py"))  # the newest revision


def upgrade(database: Database, revision: str = HEAD) -> None:
    """Bring the schema to `revision`. Raises InvalidInput for a database that a newer version of this program has used."""
    there = _revision(database)
    if there is not None and there > HEAD:
        raise InvalidInput(
            f"a newer version of md5-service has used this database: its schema is {there}, and this version knows schemas up "
            f"to {HEAD}. Run the newer version, or restore a backup that was made before the upgrade"
        )
    if there != revision:
        _run("upgrade", database, revision)


def downgrade(database: Database, revision: str) -> None:
    """Take the schema back to `revision` ("base": an empty database)."""
    _run("downgrade", database, revision)


def is_current(database: Database) -> bool:
    """Whether the schema is that of this version."""
    return _revision(database) == HEAD


def _revision(database: Database) -> str | None:
    """The schema's revision; None if there is no schema yet."""
    with database.reading() as db:
        if not inspect(db).has_table("alembic_version"):
            return None
        there: str | None = db.scalar(text("SELECT version_num FROM alembic_version"))
        return there


def _run(step: str, database: Database, revision: str) -> None:
    from alembic import command  # imported late: it would add a third of a second to every start
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    with loading(database) as db:  # what it changes may be millions of rows
        config.attributes["connection"] = db
        try:
            getattr(command, step)(config, revision)
        except CommandError as error:
            raise InvalidInput(f"this version cannot use the database: {error}") from error
