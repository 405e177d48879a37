"""The two ways to use a database, with many writers at once."""

from collections.abc import Callable
from contextlib import closing

import pytest
import uuid_utils
from sqlalchemy import select

from md5_task_data import migrations, tasks
from md5_task_data.database.engine import Database
from md5_task_data.errors import DependencyAway
from md5_task_data.schema import tasks as table
from tests import forked
from tests.client import IN_TIME_S

NewTask = Callable[..., str]
WRITES = 100


def main(url: str) -> None:
    """A writer, in a process of its own."""
    with closing(Database(url)) as database:
        for _ in range(WRITES):
            with database.transaction() as db:
                tasks.create(db, tasks.NewTask(str(uuid_utils.uuid7()), "local", "md5", "x", 1))


def test_no_write_of_many_processes_is_lost(database: Database, database_url: str) -> None:
    writers = [forked.call(__name__, database_url) for _ in range(4)]
    assert [writer.wait(IN_TIME_S) for writer in writers] == [0] * 4
    with database.reading() as db:
        assert len(db.execute(select(table.c.id)).all()) == 4 * WRITES


def test_an_exception_rolls_all_back(database: Database, new_task: NewTask) -> None:
    task_id = new_task()
    with pytest.raises(ZeroDivisionError), database.transaction() as db:
        tasks.cancel(db, "local", task_id)
        raise ZeroDivisionError
    with database.reading() as db:
        assert tasks.get(db, "local", task_id)["outcome"] is None


@pytest.mark.parametrize("url", ["sqlite:////no/such/folder/x.sqlite3", "postgresql://nobody@127.0.0.1:9/none"])
def test_a_database_that_is_not_there_is_an_outage(url: str) -> None:
    with pytest.raises(DependencyAway), Database(url).transaction():
        pass


def test_a_schema_that_is_not_there_yet_is_an_outage(database: Database) -> None:
    migrations.downgrade(database, "base")
    with pytest.raises(DependencyAway), database.reading() as db:
        db.execute(select(table.c.id))
