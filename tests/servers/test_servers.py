"""The servers do what the tests rely on."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psutil
import psycopg2
import pymysql
import pytest
from kombu import Connection

from tests.client import wait_for
from tests.servers import needed
from tests.servers.guardian import processes_in
from tests.servers.mariadb import MariaDb
from tests.servers.postgres import Postgres
from tests.servers.rabbitmq import RabbitMq
from tests.servers.server import DatabaseServer, Server, ServerFailed, name_in
from tests.servers.valkey import Valkey

START_AND_WAIT = """
import sys, time
from pathlib import Path
from tests.servers.postgres import Postgres
server = Postgres(Path(sys.argv[1]))
server.start()
server.suspend()
print(server.folder, flush=True)
time.sleep(600)
"""


LISTED = {Postgres: "SELECT datname FROM pg_database", MariaDb: "SHOW DATABASES"}
BUSY = {
    Postgres: "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%pg_sleep(60)'",
    MariaDb: "SELECT count(*) FROM information_schema.processlist WHERE info LIKE 'SELECT SLEEP(60)%'",
}


@pytest.mark.long
@pytest.mark.parametrize(
    "make",
    [lambda folder: Postgres(folder, fsync=True), lambda folder: MariaDb(folder, fsync=True)],
    ids=["Postgres", "MariaDb"],
)
def test_a_database_keeps_what_was_committed(make: Callable[[Path], DatabaseServer], tmp_path: Path) -> None:
    with make(tmp_path / "server") as server:
        name = name_in(server.new_empty_database())
        assert server.url(name, 1234).endswith(f":1234/{name}")
        server.sql("CREATE TABLE kept (word VARCHAR(10))", "INSERT INTO kept VALUES ('öl')", database=name)
        _goes_through_everything(server)
        assert server.sql("SELECT word FROM kept", database=name) == [("öl",)]
        server.drop_database(server.url(name))
        assert (name,) not in server.sql(LISTED[type(server)])
        _stops_without_a_trace(server)
    assert not server.folder.exists()


@pytest.mark.long
@pytest.mark.parametrize("make", [lambda folder: Valkey(folder, durable=True), RabbitMq], ids=["Valkey", "RabbitMq"])
def test_a_broker_keeps_its_messages_when_asked_to(make: Callable[[Path], Valkey | RabbitMq], tmp_path: Path) -> None:
    with make(tmp_path / "server") as server:
        server.flush()
        with Connection(server.url, transport_options={"confirm_publish": True}) as connection:
            connection.SimpleQueue("work").put("hint")
        _goes_through_everything(server)
        assert _waiting(server) == 1
        server.flush()
        assert _waiting(server) == 0
        _stops_without_a_trace(server)
    assert not server.folder.exists()


@pytest.mark.parametrize(
    ("make", "sleep"), [(Postgres, "SELECT pg_sleep(60)"), (MariaDb, "SELECT SLEEP(60) FROM used")]
)
def test_a_database_is_dropped_whoever_is_in_it(make: type[Postgres | MariaDb], sleep: str, tmp_path: Path) -> None:
    with make(tmp_path / "server") as server, ThreadPoolExecutor() as pool:
        url = server.new_empty_database()
        name = name_in(url)
        server.sql("CREATE TABLE used (word VARCHAR(10))", "INSERT INTO used VALUES ('a')", database=name)
        user = pool.submit(server.sql, sleep, database=name)
        wait_for(lambda: server.sql(BUSY[type(server)]) == [(1,)], "somebody to be in it")
        server.drop_database(url)
        assert isinstance(user.exception(10), psycopg2.Error | pymysql.MySQLError)


def test_two_of_a_kind_run_at_once_on_ports_of_their_own(tmp_path: Path) -> None:
    with Valkey(tmp_path / "one") as one, Valkey(tmp_path / "two") as two:
        one.client().set("whose", "one")
        assert two.client().get("whose") is None
        one.restart()
        assert one.client().get("whose") is None  # it stores nothing unless asked to


def test_one_that_cannot_start_says_why(tmp_path: Path) -> None:
    server = Postgres(tmp_path / "server", initdb_options=["--locale=nowhere"])
    with pytest.raises(ServerFailed, match="nowhere"):
        server.start()
    server.end()


def test_nothing_is_left_when_the_tests_are_killed(tmp_path: Path) -> None:
    command = [sys.executable, "-c", START_AND_WAIT, str(tmp_path / "server")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as tests:
        assert tests.stdout is not None
        folder = Path(tests.stdout.readline().strip())
        assert len(processes_in([folder])) > 3
        os.kill(tests.pid, signal.SIGKILL)
    wait_for(lambda: not processes_in([folder]) and not folder.exists(), "the guardian to clear up")


def test_ci_fails_where_a_program_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(
        pytest.skip.Exception, match="NOT TESTED WITH HAL; hal-server missing: install Debian's package hal9000"
    ):
        needed("HAL", "hal9000", "sh", "hal-server")
    monkeypatch.setenv("CI", "true")
    with pytest.raises(AssertionError, match="CI tests with HAL; hal-server missing: install Debian's package hal9000"):
        needed("HAL", "hal9000", "sh", "hal-server")
    assert needed("a shell", "dash", "sh")[0].endswith("/sh")


def _goes_through_everything(server: Server) -> None:
    """It is killed, restarted and suspended, and stays the same throughout."""
    port, before = server.port, server.processes()
    server.restart()
    assert server.port == port
    assert server.answers()
    assert not set(before) & set(server.processes())
    server.suspend()
    assert not server.answers()
    assert server.is_running
    server.resume()
    wait_for(server.answers, "an answer after the pause")


def _stops_without_a_trace(server: Server) -> None:
    ports = {port for process in server.processes() for port in _listens_on(process)}
    assert server.port in ports
    server.stop()
    assert not server.is_running
    assert server.processes() == []
    for port in ports:
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port))


def _listens_on(process: psutil.Process) -> list[int]:
    try:
        connections = process.net_connections("tcp")
    except psutil.NoSuchProcess:  # one of PostgreSQL's own, which come and go
        return []
    return [connection.laddr.port for connection in connections if connection.status == psutil.CONN_LISTEN]


def _waiting(server: Valkey | RabbitMq) -> int:
    with Connection(server.url) as connection:
        declared: Any = connection.SimpleQueue("work").queue.queue_declare()
        return int(declared.message_count)
