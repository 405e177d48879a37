"""Fixtures for all folders: real databases, a real API on a real socket, the real service as a process tree."""

import os
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import TypeVar

import pytest
import uuid_utils
from xdist.remote import Producer

from md5_task_data import tasks
from md5_task_data.bucket.folder import Bucket
from md5_task_data.database.engine import Database
from tests.client import BUSY_S
from tests.databases import new_sqlite
from tests.scheduling import Scheduling, put_in_order
from tests.servers.guardian import guard
from tests.servers.mariadb import MariaDb
from tests.servers.postgres import Postgres
from tests.servers.rabbitmq import RabbitMq
from tests.servers.server import DatabaseServer
from tests.servers.shared import all_ended, shared
from tests.servers.valkey import Valkey
from tests.service import Service

Broker = TypeVar("Broker", Valkey, RabbitMq)


@pytest.fixture(autouse=True, scope="session")
def _no_settings_from_outside() -> None:
    for name in [name for name in os.environ if name.startswith(("MD5_", "OTEL_"))]:
        del os.environ[name]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--long",
        action="store_true",
        help="run the faults, or fuzz, in their long form, as `make faults` and `make fuzz` do; and what is marked `long`",
    )
    parser.addoption("--containers", action="store_true", help="run what needs containers, as `make containers` does")
    parser.addoption("--figures", metavar="FILE", help="append what was measured to this file")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "containers: builds and runs containers, as root; `make containers` runs it")
    config.addinivalue_line("markers", "long: takes too long for every run; `./test FILE --long` runs it")
    config.addinivalue_line("markers", "shows(*rows): shows these rows of the contract (house/test_contract.py)")
    if not hasattr(config, "workerinput"):
        _have_own_temporary_folder()


def _have_own_temporary_folder() -> None:
    """Delete at the end what killed processes leave in /tmp; pytest's own folders stay for inspection."""
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", tempfile.gettempdir())
    folder = Path(tempfile.mkdtemp(prefix="md5-test-"))
    folder.chmod(0o711)  # PostgreSQL runs as another user, with folders in it
    guard(folder)
    os.environ["TMPDIR"] = tempfile.tempdir = str(folder)


@pytest.hookimpl(trylast=True)  # after pytest-randomly has shuffled them
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    put_in_order(items)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Scheduling:
    return Scheduling(config, log)


def pytest_unconfigure(config: pytest.Config) -> None:
    """End the servers that the processes of a run share."""
    factory: pytest.TempPathFactory | None = getattr(config, "_tmp_path_factory", None)
    if factory is not None and not hasattr(config, "workerinput"):
        all_ended(factory.getbasetemp())


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("long") and not item.config.getoption("--long"):
        pytest.skip(f"`./test {item.location[0]} --long` runs it")
    if item.get_closest_marker("containers") and not item.config.getoption("--containers"):
        pytest.skip("`make containers` runs it")


@pytest.fixture
def is_long(request: pytest.FixtureRequest) -> bool:
    """Whether the tests run with --long."""
    return bool(request.config.getoption("--long"))


@pytest.fixture
def busy_s(is_long: bool) -> float:
    """What a busy machine may add to a time limit: nothing with --long, which measures it."""
    return 0 if is_long else BUSY_S


@pytest.fixture
def figure(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Report a measurement: it is printed, and with --long recorded for RESULTS.md."""

    def say(words: str) -> None:
        name = request.node.name.removeprefix("test_").replace("_", " ")
        print(f"{name}: {words}")
        if kept := request.config.getoption("--figures"):
            with open(kept, "a") as file:
                file.write(f"| {name} | {words} |\n")

    return say


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Path:
    """A folder that all processes of this run share."""
    return _run_folder(request.config, tmp_path_factory.getbasetemp())


def _run_folder(config: pytest.Config, base: Path) -> Path:
    return base.parent if hasattr(config, "workerinput") else base


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory, run_folder: Path) -> Iterator[Postgres]:
    """A server that the tests of a run share; tests that break one start their own."""
    with shared(Postgres(tmp_path_factory.mktemp("postgres")), run_folder) as server:
        yield server


@pytest.fixture(scope="session")
def mariadb(tmp_path_factory: pytest.TempPathFactory, run_folder: Path) -> Iterator[MariaDb]:
    with shared(MariaDb(tmp_path_factory.mktemp("mariadb")), run_folder) as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql", "mariadb"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database of each make, with all tables empty."""
    if request.param == "sqlite":
        yield new_sqlite(tmp_path / "md5.sqlite3")
        return
    server: DatabaseServer = request.getfixturevalue({"postgresql": "postgres"}.get(request.param, request.param))
    url = server.new_database()
    yield url
    server.drop_database(url)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """The same."""
    with closing(Database(database_url)) as database:
        yield database


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[Database]:
    """An SQLite database, for tests that do not depend on the make."""
    with closing(Database(new_sqlite(tmp_path / "md5.sqlite3"))) as database:
        yield database


@pytest.fixture(scope="session")
def shared_valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Valkey]:
    with Valkey(tmp_path_factory.mktemp("valkey")) as server:
        yield server


@pytest.fixture(scope="session")
def shared_rabbitmq(tmp_path_factory: pytest.TempPathFactory, run_folder: Path) -> Iterator[RabbitMq]:
    with shared(RabbitMq(tmp_path_factory.mktemp("rabbitmq")), run_folder) as server:
        yield server


@pytest.fixture(scope="session")
def own_rabbitmq(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RabbitMq]:
    with RabbitMq(tmp_path_factory.mktemp("own-rabbitmq")) as server:
        yield server


@pytest.fixture
def valkey(shared_valkey: Valkey) -> Valkey:
    """A running, empty broker for this test alone: it may break it, and leave it so."""
    return _as_new(shared_valkey)


@pytest.fixture
def rabbitmq(shared_rabbitmq: RabbitMq) -> RabbitMq:
    """Empty queues for this test alone, on a server that it must not break."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
    own = shared_rabbitmq.at(f"w{worker}")
    own.flush()
    return own


@pytest.fixture
def breakable_rabbitmq(own_rabbitmq: RabbitMq) -> RabbitMq:
    """A running, empty broker for this test alone: it may break it, and leave it so."""
    return _as_new(own_rabbitmq)


@pytest.fixture(params=["valkey", "rabbitmq"])
def broker_server(request: pytest.FixtureRequest) -> Valkey | RabbitMq:
    """A broker of each make."""
    server: Valkey | RabbitMq = request.getfixturevalue(request.param)
    return server


def _as_new(server: Broker) -> Broker:
    server.resume()
    if not server.is_running:
        server.start()
    server.flush()
    return server


@pytest.fixture
def bucket(tmp_path: Path) -> Bucket:
    (tmp_path / "bucket").mkdir()
    return Bucket(f"file://{tmp_path}/bucket")


@pytest.fixture
def new_task(database: Database) -> Callable[..., str]:
    """Creates a queued task and returns its id; keyword arguments are those of `tasks.NewTask` and `create`."""

    def create(**given: object) -> str:
        task_id = str(uuid_utils.uuid7())
        fields: dict[str, object] = {"owner": "local", "kind": "md5", "filename": "reads.fastq", "size": 3}
        traceparent = given.pop("traceparent", None)
        with database.transaction() as db:
            tasks.create(db, tasks.NewTask(task_id, **(fields | given)), traceparent)  # type: ignore[arg-type]  # any field
        return task_id

    return create


@pytest.fixture
def start_service(tmp_path: Path) -> Iterator[Callable[..., Service]]:
    """Starts `md5-service up` on a folder of the test's own; keyword arguments are settings."""
    services: list[Service] = []

    def start(**settings: object) -> Service:
        service = Service(tmp_path / "service", {f"MD5_{name.upper()}": str(value) for name, value in settings.items()})
        services.append(service)
        service.migrate()
        service.start()
        return service

    yield start
    for service in services:
        service.end()


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A running service that tests share: they leave it running, and look only at their own tasks."""
    yield from _shared_service(tmp_path_factory.mktemp("shared-service"), {})


@pytest.fixture(scope="session")
def service_with_keys(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The same with keys: each test creates keys for owners of its own."""
    yield from _shared_service(tmp_path_factory.mktemp("service-with-keys"), {"MD5_AUTH": "keys"})


def _shared_service(folder: Path, settings: dict[str, str]) -> Iterator[Service]:
    service = Service(folder, settings)
    service.migrate()
    service.start()
    yield service
    service.end()


@pytest.fixture
def owner() -> str:
    """An owner that is new for this test."""
    return f"ann-{uuid.uuid4().hex}"
