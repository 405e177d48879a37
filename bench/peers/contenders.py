"""The services that are measured: for each, how it runs, how a file is uploaded to it, and where its rows, log and
processes are.

All have the same resources: one API process, two hashing workers of one thread each, PostgreSQL with fsync on, and
uvicorn with uvloop and httptools and without an access log.
"""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from pathlib import Path

import psutil
from sqlalchemy import Engine, create_engine, text

from bench.peers.load import Request, form, raw_body
from md5_service.cli.processes import die_with_parent
from tests.cluster import Cluster, running
from tests.servers.postgres import Postgres
from tests.servers.rabbitmq import RabbitMq
from tests.servers.server import free_port
from tests.servers.valkey import Valkey
from tests.service import API, LAUNCHER, VALKEY, Service

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
START_S = 30

Processes = Callable[[], Sequence[psutil.Process]]


class Running:
    """A running service, and everything that is asked of it from outside."""

    def __init__(
        self, port: int, request: Request, database_url: str, log_path: Path, processes: Mapping[str, Processes]
    ) -> None:
        self.port, self.request, self.processes = port, request, processes
        self.how_many_are_done = text("SELECT count(*) FROM tasks WHERE status = 'done'")
        self.engine: Engine = create_engine(_with_driver(database_url), isolation_level="AUTOCOMMIT")
        self._log_path = log_path
        self._lines, self._read = 0, 0

    def done(self) -> int:
        """Rows with the status done, counted in the database, so that it costs the API nothing."""
        with self.engine.connect() as db:
            return int(db.execute(self.how_many_are_done).scalar_one())

    def digests(self) -> set[str]:
        with self.engine.connect() as db:
            return set(db.execute(text("SELECT md5 FROM tasks WHERE status = 'done'")).scalars())

    def skip_lines(self) -> None:
        """Do not count the lines that are in the log now."""
        self._read = self._log_path.stat().st_size

    def lines(self) -> int:
        """Complete lines in the log."""
        if self._log_path.exists():
            with open(self._log_path, "rb") as log:
                log.seek(self._read)
                new = log.read()
            self._read += len(new)
            self._lines += new.count(b"\n")
        return self._lines

    def close(self) -> None:
        self.engine.dispose()


@dataclass(frozen=True)
class Contender:
    name: str
    start: Callable[[Path], AbstractContextManager[Running]]


def straightforward(folder: Path) -> AbstractContextManager[Running]:
    celery = [str(BIN / "celery"), "-A", "bench.straightforward.worker", "worker", "--concurrency", "2"]
    return _peer(folder, "bench.straightforward", celery)


def on_huey(folder: Path) -> AbstractContextManager[Running]:
    consumer = [str(BIN / "huey_consumer"), "bench.huey_service.worker.huey", "-w", "2", "-k", "process", "--quiet"]
    return _peer(folder, "bench.huey_service", consumer)


def on_dramatiq(folder: Path) -> AbstractContextManager[Running]:
    workers = [str(BIN / "dramatiq"), "bench.dramatiq_service.worker", "--processes", "2", "--threads", "1"]
    return _peer(folder, "bench.dramatiq_service", workers)


@contextlib.contextmanager
def _peer(folder: Path, package: str, worker: Sequence[str]) -> Iterator[Running]:
    (folder / "uploads").mkdir(parents=True)
    port = free_port()
    uvicorn = [str(BIN / "uvicorn"), f"{package}.main:app", "--port", str(port), "--log-level", "warning"]
    with ExitStack() as stack:
        postgres = stack.enter_context(Postgres(folder / "postgres", fsync=True))
        valkey = stack.enter_context(Valkey(folder / "valkey"))
        url = _with_driver(postgres.new_empty_database())
        environment = os.environ | {
            "PYTHONPATH": str(ROOT),
            "PYTHONWARNINGS": "ignore:You're running the worker with superuser",
            "DATABASE_URL": url,
            "BROKER_URL": valkey.url,
            "UPLOADS": str(folder / "uploads"),
            "LOG_PATH": str(folder / "tasks.log"),
        }
        api = stack.enter_context(_process(uvicorn, folder, environment))
        _until_listening(port, api, folder)
        workers = stack.enter_context(_process(worker, folder, environment))
        trees: dict[str, Processes] = {
            "API": lambda: _tree(api),
            "workers": lambda: _tree(workers),
            "database": postgres.processes,
            "broker": valkey.processes,
        }
        service = Running(port, form("/tasks", can_wait=False), url, folder / "tasks.log", trees)
        stack.callback(service.close)
        yield service


@contextlib.contextmanager
def embedded(folder: Path) -> Iterator[Running]:
    """`md5-service up`: SQLite runs inside the API and the workers, and has no processes."""
    service = Service(folder, {})
    service.start()
    try:
        trees: dict[str, Processes] = {
            "API": lambda: service.parts(API),
            "workers": lambda: [service.supervisor, *service.parts(LAUNCHER), *service.parts("md5_service.worker")],
            "broker": lambda: service.parts(VALKEY),
        }
        port = int(service.url.rsplit(":", 1)[1])
        measured = Running(port, raw_body("/v1/tasks"), service.database_url, service.log_path, trees)
        yield measured
        measured.close()
    finally:
        service.end()


def on_valkey(folder: Path) -> AbstractContextManager[Running]:
    return _cluster(folder, Valkey(folder / "broker"), raw_body("/v1/tasks"))


def on_valkey_by_form(folder: Path) -> AbstractContextManager[Running]:
    return _cluster(folder, Valkey(folder / "broker"), form("/v1/tasks", can_wait=True))


def on_rabbitmq(folder: Path) -> AbstractContextManager[Running]:
    return _cluster(folder, RabbitMq(folder / "broker"), raw_body("/v1/tasks"))


@contextlib.contextmanager
def _cluster(folder: Path, broker: Valkey | RabbitMq, request: Request) -> Iterator[Running]:
    with Postgres(folder / "postgres", fsync=True) as postgres, broker:
        url = postgres.new_database()
        with running(Cluster(folder / "cluster", url, broker.url)) as cluster:
            members = cluster.members
            trees: dict[str, Processes] = {
                "API": members["api-0"].tree,
                "workers": lambda: [
                    process for name, member in members.items() if name != "api-0" for process in member.tree()
                ],
                "database": postgres.processes,
                "broker": broker.processes,
            }
            measured = Running(int(cluster.url.rsplit(":", 1)[1]), request, url, cluster.log_path, trees)
            yield measured
            measured.close()


@contextlib.contextmanager
def _process(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> Iterator[psutil.Popen]:
    """The process and its children, until the end of the block."""
    with open(folder / "stderr", "ab") as stderr:
        process = psutil.Popen(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=stderr,
            preexec_fn=die_with_parent,
        )
    try:
        yield process
    finally:
        tree = _tree(process)
        for each in tree:
            with contextlib.suppress(psutil.NoSuchProcess):
                each.kill()
        process.wait()
        psutil.wait_procs(tree, START_S)


def _tree(process: psutil.Process) -> list[psutil.Process]:
    try:
        return [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def _until_listening(port: int, api: psutil.Process, folder: Path) -> None:
    deadline = time.monotonic() + START_S
    while not any(each.status == psutil.CONN_LISTEN and each.laddr.port == port for each in api.net_connections()):
        is_waiting = time.monotonic() < deadline and api.status() != psutil.STATUS_ZOMBIE
        assert is_waiting, f"the API does not listen: {(folder / 'stderr').read_text()}"
        time.sleep(0.05)


def _with_driver(url: str) -> str:
    """The same driver for all; SQLAlchemy's default is a different one."""
    return url.replace("postgresql://", "postgresql+psycopg2://")


BASELINE = Contender("straightforward (Celery, Valkey)", straightforward)
OURS = (
    Contender("ours, embedded (`up`: SQLite, Valkey)", embedded),
    Contender("ours, PostgreSQL + Valkey", on_valkey),
    Contender("ours, PostgreSQL + Valkey, by form", on_valkey_by_form),
    Contender("ours, PostgreSQL + RabbitMQ", on_rabbitmq),
)
OTHER_QUEUES = (
    Contender("straightforward on Huey", on_huey),
    Contender("straightforward on Dramatiq", on_dramatiq),
)
