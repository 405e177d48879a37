"""Shared by the tests of rows, log and backups."""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from md5_task_data import tasks
from md5_task_data.database.engine import Database
from md5_task_data.log.shared_log import SharedLog
from md5_task_data.queue import parts
from md5_task_data.queue.leases import Slice
from tests.data.in_parts import PLAN, Cut, claim
from tests.data.place import Place, fill
from tests.databases import new_sqlite, url_of

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


@pytest.fixture
def full(tmp_path: Path, database: Database) -> Place:
    """Has something in every table and in every state."""
    place = Place(tmp_path / "full", database)
    place.make()
    return fill(place)


NEXT = {"sqlite": "postgresql", "postgresql": "mariadb", "mariadb": "sqlite"}


@pytest.fixture(params=["sqlite", "postgresql", "mariadb"])
def empty(request: pytest.FixtureRequest, tmp_path: Path, is_long: bool) -> Iterator[Place]:
    """Empty, without even a folder or a schema. Its database system is not the backup's; in the long form, every
    one."""
    if not is_long and request.param != NEXT[request.node.callspec.params["database_url"]]:
        pytest.skip("the long form has all pairs")
    url, server = f"sqlite:///{tmp_path}/other.sqlite3", None
    if request.param != "sqlite":
        server = request.getfixturevalue({"postgresql": "postgres"}.get(request.param, request.param))
        url = server.new_empty_database()
    place = Place(tmp_path / "other", Database(url))
    yield place
    place.database.close()
    if server:
        server.drop_database(url)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """As `full`, on SQLite, for tests that do not depend on the database."""
    yield from _on_sqlite(tmp_path, "place", fill)


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Place]:
    """Empty."""
    yield from _on_sqlite(tmp_path, "other-place", lambda place: place)


def _on_sqlite(tmp_path: Path, name: str, prepared: Callable[[Place], Place]) -> Iterator[Place]:
    path = tmp_path / f"{name}.sqlite3"
    with closing(Database(new_sqlite(path) if prepared is fill else url_of(path))) as database:
        place = Place(tmp_path / name, database)
        if prepared is fill:
            place.make()
        yield prepared(place)


@pytest.fixture
def cut(database: Database, new_task: NewTask) -> Cut:
    """Create a task that is cut into this many parts; returns its id and theirs."""

    def make(count: int) -> tuple[str, list[str]]:
        task_id = new_task(kind="contacts", size=100 * count, params={"header": True})
        mine = claim(database, task_id)
        slices = [Slice(100 * number, 100, 10 * number + 1) for number in range(count)]
        with database.transaction() as db:
            messages = parts.cut(db, mine, slices, PLAN, total=10 * count, unit="rows")
        assert all(message.lane == "large" and len(message.task_ids) == 1 for message in messages)
        return task_id, [message.task_ids[0] for message in messages]

    return make
