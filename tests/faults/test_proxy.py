"""The proxy relays, delays, falls silent and refuses as documented, before a server that sends everything back."""

import contextlib
import socket
import threading
import time
import tracemalloc

import pytest

from tests.client import BUSY_S, wait_for
from tests.faults.echo import Echo, connected, is_reset, is_silent, received, works
from tests.faults.proxy import Proxy

MUCH = 32 << 20


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
        proxy.delay_s = 2 * BUSY_S  # so that it would show if that were not undone
        proxy.delay_s = 0
        begun = time.monotonic()
        assert works(connection)
        assert time.monotonic() - begun < BUSY_S


def test_half_open(proxy: Proxy, echo: Echo) -> None:
    with connected(proxy) as one, connected(proxy) as other:
        assert works(one)
        assert works(other)
        assert proxy.half_open() == 2
        one.sendall(bytes(10_000_000))  # read, and discarded
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

        # At first it is closing 100 relays.
        wait_for(is_idle, "a proxy that has nothing to do and does nothing", within_s=BUSY_S)
    assert name not in [thread.name for thread in threading.enumerate()]
    assert all(is_reset(connection) for connection in connections if connection.fileno() >= 0)
