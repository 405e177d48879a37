"""What tests of rows and log share."""

from collections.abc import Callable
from pathlib import Path

import pytest

from md5_task_data import tasks
from md5_task_data.database import Database
from md5_task_data.shared_log import SharedLog

NewTask = Callable[..., str]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "tasks.log"


@pytest.fixture
def log(database: Database, path: Path) -> SharedLog:
    return SharedLog(database, path)


@pytest.fixture
def end_task(database: Database, new_task: NewTask) -> NewTask:
    """Create a task and decide its outcome."""

    def end(**given: object) -> str:
        task_id = new_task(**given)
        with database.transaction() as db:
            tasks.cancel(db, "local", task_id)
        return task_id

    return end
