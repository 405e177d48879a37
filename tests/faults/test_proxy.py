"""The proxy does what it says, to a server that sends everything back, and to a real PostgreSQL."""

import contextlib
import socket
import socketserver
import threading
import time
import tracemalloc
from collections.abc import Iterator
from typing import Literal

import pytest
from sqlalchemy import NullPool, create_engine, text
from sqlalchemy.exc import OperationalError

from tests.client import BUSY_S, wait_for
from tests.faults.proxy import Proxy
from tests.servers.postgres import Postgres

SILENCE_S = 0.3
MUCH = 32 << 20


class Echo(socketserver.ThreadingTCPServer):
    """Sends back what it gets, and keeps it in `got`."""

    daemon_threads = True
    request_queue_size = 128  # more than any test connects: what does not fit is tried again by TCP after seconds
    keeps = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _EchoOne)
        self.got = bytearray()
        self.ends: list[str] = []


class _EchoOne(socketserver.BaseRequestHandler):
    server: Echo
    request: socket.socket

    def handle(self) -> None:
        try:
            while chunk := self.request.recv(65536):
                if self.server.keeps:
                    self.server.got += chunk
                self.request.sendall(chunk)
            self.server.ends.append("closed")
        except OSError:
            self.server.ends.append("reset")


@pytest.fixture
def echo() -> Iterator[Echo]:
    with Echo() as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def proxy(echo: Echo) -> Iterator[Proxy]:
    with Proxy(echo.server_address[1]) as proxy:
        yield proxy


@contextlib.contextmanager
def connected(proxy: Proxy) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=10) as connection:
        yield connection


def works(connection: socket.socket, word: bytes = b"word") -> bool:
    connection.sendall(word)
    return received(connection, len(word)) == word


def received(connection: socket.socket, n_bytes: int) -> bytes:
    """So many bytes, or those before an end or reset."""
    got = b""
    with contextlib.suppress(ConnectionResetError):
        while len(got) < n_bytes and (chunk := connection.recv(n_bytes - len(got))):
            got += chunk
    return got


def is_reset(connection: socket.socket) -> bool:
    try:
        return connection.recv(1) == b"never"
    except ConnectionResetError:
        return True


def is_silent(connection: socket.socket) -> bool:
    connection.settimeout(SILENCE_S)
    try:
        return connection.recv(1) == b"never"
    except TimeoutError:
        return True
    finally:
        connection.settimeout(10)


def test_it_relays_both_ways_and_hands_on_ends(proxy: Proxy, echo: Echo) -> None:
    with connected(proxy) as one, connected(proxy) as other:
        assert works(one)
        assert works(other)
        assert works(one, bytes(100_000))
        one.shutdown(socket.SHUT_WR)
        assert one.recv(1) == b""
        assert works(other)
    wait_for(lambda: echo.ends == ["closed", "closed"], "both ends")


def test_memory_stays_flat_behind_a_slow_reader(proxy: Proxy, echo: Echo) -> None:
    echo.keeps = False
    with connected(proxy) as connection:
        sender = threading.Thread(target=connection.sendall, args=(bytes(MUCH),))
        tracemalloc.start()
        sender.start()
        time.sleep(0.5)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        left = MUCH
        while left:
            left -= len(connection.recv(65536))
        sender.join()
    assert most < MUCH / 8


def test_a_server_that_is_away_is_seen(proxy: Proxy, echo: Echo) -> None:
    echo.shutdown()
    echo.server_close()
    with pytest.raises(ConnectionResetError), connected(proxy) as connection:
        connection.recv(1)


def test_delay(proxy: Proxy) -> None:
    with connected(proxy) as connection:
        proxy.delay_s = 0.2
        begun = time.monotonic()
        assert works(connection)
        assert 0.4 <= time.monotonic() - begun < 0.4 + BUSY_S
        proxy.delay_s = 2 * BUSY_S  # so that it shows if that were not taken back
        proxy.delay_s = 0
        begun = time.monotonic()
        assert works(connection)
        assert time.monotonic() - begun < BUSY_S


def test_cut(proxy: Proxy, echo: Echo) -> None:
    with connected(proxy) as one, connected(proxy) as other, connected(proxy) as unused:
        assert works(one)
        assert works(other)
        assert proxy.cut() == 3
        assert all(is_reset(connection) for connection in (one, other, unused))
        assert proxy.cut() == 0
        with connected(proxy) as later:
            assert works(later)
    wait_for(lambda: echo.ends.count("reset") >= 2, "the server to see the reset")


@pytest.mark.parametrize("n_bytes", [0, 1, 5, 300_000])
def test_cut_after_so_many_bytes_from_the_client(proxy: Proxy, echo: Echo, n_bytes: int) -> None:
    with connected(proxy) as connection:
        assert works(connection)
        proxy.cut_after(n_bytes, "up")
        echo.got.clear()
        with contextlib.suppress(OSError):
            connection.sendall(bytes(500_000))
        received(connection, 500_000)
    wait_for(lambda: echo.ends, "the server to see the reset")
    assert len(echo.got) == n_bytes
    with connected(proxy) as later:
        proxy.cut_after(None, "up")
        assert works(later, bytes(300_001))


@pytest.mark.parametrize("n_bytes", [0, 1, 5, 300_000])
def test_cut_after_so_many_bytes_to_the_client(proxy: Proxy, n_bytes: int) -> None:
    proxy.cut_after(n_bytes, "down")
    for _ in range(2):
        with connected(proxy) as connection:
            with contextlib.suppress(OSError):
                connection.sendall(bytes(n_bytes + 10))
            assert len(received(connection, n_bytes + 10)) == n_bytes


def test_cut_before_a_pattern(proxy: Proxy, echo: Echo) -> None:
    proxy.cut_at(b"COMMIT", when="before", times=2)
    for _ in range(2):
        with connected(proxy) as connection:
            assert works(connection, b"BEGIN")
            connection.sendall(b"say COMMIT;")
            assert is_reset(connection)
    with connected(proxy) as connection:
        assert works(connection, b"at last COMMIT")
    assert proxy.cuts == 2
    assert bytes(echo.got) == b"BEGINBEGINat last COMMIT"


def test_cut_after_a_pattern(proxy: Proxy, echo: Echo) -> None:
    proxy.cut_at(b"COMMIT", when="after", times=1)
    with connected(proxy) as connection:
        connection.sendall(b"say COMMIT;")
        assert is_reset(connection)  # and not one byte of the answer
        assert bytes(echo.got) == b"say COMMIT;"
    with connected(proxy) as connection:
        assert works(connection, b"COMMIT")
    assert proxy.cuts == 1


def test_half_open(proxy: Proxy, echo: Echo) -> None:
    with connected(proxy) as one, connected(proxy) as other:
        assert works(one)
        assert works(other)
        assert proxy.half_open() == 2
        one.sendall(bytes(10_000_000))  # read, and thrown away
        assert is_silent(one)
        other.close()
        with connected(proxy) as later:
            assert works(later)
        assert bytes(echo.got) == b"word" * 3
        assert len(echo.ends) <= 1, "the server must not see the end of those that are half-open"
        assert proxy.cut() >= 2
        assert is_reset(one)


def test_black_hole(proxy: Proxy, echo: Echo) -> None:
    with connected(proxy) as before:
        assert works(before)
        proxy.black_hole = True
        assert proxy.black_hole
        before.sendall(b"held")
        with connected(proxy) as meanwhile:
            meanwhile.sendall(b"lost")
            assert is_silent(meanwhile)
            assert is_silent(before)
            proxy.black_hole = False
            assert received(before, 4) == b"held"
            assert works(before)
            assert is_silent(meanwhile)
        with connected(proxy) as after:
            assert works(after)
    assert b"lost" not in echo.got


def test_refuse_and_accept(proxy: Proxy) -> None:
    with connected(proxy) as connection:
        assert works(connection)
        port = proxy.port
        for _ in range(2):
            proxy.refuse()
            with pytest.raises(ConnectionRefusedError), connected(proxy):
                pass
        assert is_reset(connection)
        for _ in range(2):
            proxy.accept()
            with connected(proxy) as later:
                assert works(later)
        assert proxy.port == port


def test_many_connections_and_no_thread_left(echo: Echo) -> None:
    with Proxy(echo.server_address[1]) as proxy, contextlib.ExitStack() as stack:
        connections = [stack.enter_context(connected(proxy)) for _ in range(100)]
        assert all(works(connection) for connection in connections)
        assert proxy.half_open() == 100
        name = f"proxy-{proxy.port}"
        (thread,) = (thread for thread in threading.enumerate() if thread.name == name)
        assert thread.ident is not None
        its_own = time.pthread_getcpuclockid(thread.ident)  # whatever else this process does meanwhile

        def is_idle() -> bool:
            begun = time.clock_gettime(its_own)
            time.sleep(0.5)
            return time.clock_gettime(its_own) - begun < 0.05

        # At first it is letting go of 100 relays.
        wait_for(is_idle, "a proxy that has nothing to do and does nothing", within_s=BUSY_S)
    assert name not in [thread.name for thread in threading.enumerate()]
    assert all(is_reset(connection) for connection in connections if connection.fileno() >= 0)


@pytest.mark.parametrize(("when", "rows"), [("before", 0), ("after", 1)])
def test_a_commit_is_lost_or_only_its_answer(when: Literal["before", "after"], rows: int, postgres: Postgres) -> None:
    url = postgres.new_database().replace("postgresql:", "postgresql+psycopg2:")
    with Proxy(postgres.port) as proxy:
        direct = create_engine(url, poolclass=NullPool)
        proxied = create_engine(url.replace(str(postgres.port), str(proxy.port)), poolclass=NullPool)
        with direct.begin() as db:
            db.execute(text("CREATE TABLE kept (word TEXT)"))
        proxy.cut_at(b"COMMIT", when=when, times=1)
        with pytest.raises(OperationalError), proxied.begin() as db:
            db.execute(text("INSERT INTO kept VALUES ('a')"))
        assert proxy.cuts == 1
        with direct.begin() as db:
            assert db.execute(text("SELECT count(*) FROM kept")).scalar_one() == rows
        with proxied.begin() as db:
            db.execute(text("INSERT INTO kept VALUES ('b')"))


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    with Postgres(tmp_path_factory.mktemp("postgres")) as postgres:
        yield postgres
