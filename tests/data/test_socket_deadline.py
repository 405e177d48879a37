"""Nobody waits forever for a server that does not answer, and nobody who is answered in time is disturbed."""

import os
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import text

from md5_task_data.database import limits
from md5_task_data.database.engine import Database
from md5_task_data.database.socket_deadline import TICK_S, SocketDeadline
from md5_task_data.errors import DependencyAway
from tests.client import BUSY_S
from tests.servers.postgres import Postgres

LIMIT_S = 0.3
LATE_S = 2 * TICK_S + BUSY_S  # that it may come
Pair = tuple[socket.socket, socket.socket]


@pytest.fixture
def pair() -> Iterator[Pair]:
    one, other = socket.socketpair()
    with one, other:
        yield one, other


def test_a_read_that_would_hang_ends_when_its_time_is_over(pair: Pair) -> None:
    began = time.monotonic()
    with SocketDeadline().limit(pair[0].fileno(), LIMIT_S):
        assert pair[0].recv(1) == b""
    assert LIMIT_S <= time.monotonic() - began < LIMIT_S + LATE_S


def test_who_is_answered_in_time_keeps_the_connection(pair: Pair) -> None:
    deadline = SocketDeadline()
    for _ in range(3):
        with deadline.limit(pair[0].fileno(), LIMIT_S):
            pair[1].send(b"answer")
            assert pair[0].recv(6) == b"answer"
        time.sleep(LIMIT_S + 2 * TICK_S)
    pair[1].send(b"later")
    assert pair[0].recv(5) == b"later"


def test_a_block_that_fails_in_time_leaves_the_connection_alone_too(pair: Pair) -> None:
    with pytest.raises(ZeroDivisionError), SocketDeadline().limit(pair[0].fileno(), LIMIT_S):
        raise ZeroDivisionError
    time.sleep(LIMIT_S + 2 * TICK_S)
    pair[1].send(b"later")
    assert pair[0].recv(5) == b"later"


def test_a_descriptor_that_is_another_s_by_now_is_left_alone(pair: Pair) -> None:
    gone = socket.socket()
    number = gone.fileno()
    with SocketDeadline().limit(number, LIMIT_S):
        gone.close()
    assert os.dup2(pair[0].fileno(), number) == number
    time.sleep(LIMIT_S + 2 * TICK_S)
    os.close(number)
    pair[1].send(b"later")
    assert pair[0].recv(5) == b"later"


def test_many_at_once_each_have_their_own_limit_and_one_thread() -> None:
    deadline = SocketDeadline()
    pairs = [socket.socketpair() for _ in range(40)]
    before = threading.active_count()
    began = time.monotonic()

    def wait(number: int) -> float:
        near, far = pairs[number]
        with near, far, deadline.limit(near.fileno(), LIMIT_S * (1 + number % 4)):
            assert near.recv(1) == b""
        return time.monotonic() - began

    with ThreadPoolExecutor(len(pairs)) as pool:
        ended = list(pool.map(wait, range(len(pairs))))
    for number, after_s in enumerate(ended):
        limit_s = LIMIT_S * (1 + number % 4)
        assert limit_s <= after_s < limit_s + LATE_S
    assert [thread.name for thread in threading.enumerate()].count("socket-deadline") >= 1
    assert threading.active_count() <= before + 1


def test_a_transaction_whose_server_hangs_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Postgres(tmp_path / "postgres") as server:
        database = Database(server.new_empty_database(), pool_size=1)
        with database.transaction() as db:
            db.execute(text("CREATE TABLE kept (word TEXT)"))
        monkeypatch.setattr(limits, "ANSWER_TIMEOUT_S", LIMIT_S)
        with pytest.raises(DependencyAway), database.transaction() as db:
            db.execute(text("INSERT INTO kept VALUES ('half')"))
            server.suspend()
            began = time.monotonic()
            db.execute(text("INSERT INTO kept VALUES ('way')"))
        assert time.monotonic() - began < LIMIT_S + LATE_S
        server.resume()
        with database.transaction() as db:
            db.execute(text("INSERT INTO kept VALUES ('whole')"))
        with database.reading() as db:
            assert db.execute(text("SELECT word FROM kept")).scalars().all() == ["whole"]
        database.close()
