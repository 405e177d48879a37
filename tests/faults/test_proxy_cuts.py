"""The proxy cuts where it should: at once, after a number of bytes, around a pattern, and at the COMMIT of a real PostgreSQL."""

import contextlib
from typing import Literal

import pytest
from sqlalchemy import NullPool, create_engine, text
from sqlalchemy.exc import OperationalError

from tests.client import wait_for
from tests.faults.echo import Echo, connected, is_reset, received, works
from tests.faults.proxy import Proxy
from tests.servers.postgres import Postgres


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
