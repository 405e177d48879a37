"""SQLite databases for tests: migrated once per process, and then copied."""

import functools
import tempfile
from contextlib import closing
from pathlib import Path

from md5_task_data import migrations
from md5_task_data.database.engine import Database


def new_sqlite(path: Path) -> str:
    """Create a file with all tables, and return its URL."""
    path.write_bytes(_migrated())
    return url_of(path)


def url_of(path: Path) -> str:
    return f"sqlite:///{path}"


@functools.cache
def _migrated() -> bytes:
    with tempfile.TemporaryDirectory(prefix="md5-test-sqlite-") as folder:
        path = Path(folder) / "pattern.sqlite3"
        with closing(Database(url_of(path))) as database:
            migrations.upgrade(database)
        return path.read_bytes()  # complete: closing the last connection has checkpointed the WAL
