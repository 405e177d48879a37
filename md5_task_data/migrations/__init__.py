"""Alembic's migrations, run by `upgrade`: no alembic.ini, the package knows where they are."""

from collections.abc import Callable
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError

from md5_task_data.database import Database
from md5_task_data.errors import InvalidInput


def upgrade(database: Database, revision: str = "head") -> None:
    """Bring the schema to `revision`. Raises InvalidInput for a database that a newer version of this program made."""
    _run(command.upgrade, database, revision)


def downgrade(database: Database, revision: str) -> None:
    """Take the schema back to `revision` ("base": nothing left)."""
    _run(command.downgrade, database, revision)


def is_current(database: Database) -> bool:
    """Whether the schema is the one that this program works with."""
    with database.reading() as db:
        found = MigrationContext.configure(db).get_current_revision()
    return found == ScriptDirectory.from_config(_config()).get_current_head()


def _run(step: Callable[[Config, str], None], database: Database, revision: str) -> None:
    config = _config()
    with database.transaction() as db:
        config.attributes["connection"] = db
        try:
            step(config, revision)
        except CommandError as error:
            raise InvalidInput(f"the database is not one that this version can use: {error}") from error


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    return config
