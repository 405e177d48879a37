"""What tests of every folder use: real databases, a real API on a real socket, the real service as a process tree."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import uuid_utils

from md5_task_data import migrations, tasks
from md5_task_data.bucket import Bucket
from md5_task_data.database import Database
from tests.service import Service


@pytest.fixture(autouse=True, scope="session")
def _no_settings_from_outside() -> None:
    for name in [name for name in os.environ if name.startswith("MD5_")]:
        del os.environ[name]


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """An empty, migrated database."""
    database = Database(f"sqlite:///{tmp_path}/md5.sqlite3")
    migrations.upgrade(database)
    yield database
    database.close()


@pytest.fixture
def bucket(tmp_path: Path) -> Bucket:
    return Bucket(f"file://{tmp_path}/bucket")


@pytest.fixture
def new_task(database: Database) -> Callable[..., str]:
    """Create a queued task and return its id; keyword arguments are those of `tasks.NewTask`."""

    def create(**given: object) -> str:
        task_id = str(uuid_utils.uuid7())
        fields: dict[str, object] = {"owner": "local", "kind": "md5", "filename": "reads.fastq", "size": 3}
        with database.transaction() as db:
            tasks.create(db, tasks.NewTask(task_id, **(fields | given)))  # type: ignore[arg-type]
        return task_id

    return create


@pytest.fixture
def start_service(tmp_path: Path) -> Iterator[Callable[..., Service]]:
    """Start `md5-service up` on a folder of the test's own; keyword arguments are settings."""
    services: list[Service] = []

    def start(**settings: object) -> Service:
        service = Service(tmp_path / "service", {f"MD5_{name.upper()}": str(value) for name, value in settings.items()})
        services.append(service)
        service.start()
        return service

    yield start
    for service in services:
        service.end()


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A running service that tests share: they leave it running, and look only at tasks of their own."""
    service = Service(tmp_path_factory.mktemp("shared-service"), {})
    service.start()
    yield service
    service.end()
