"""Uploads that break off, or meet something full, slow or unavailable: bytes stay stored exactly if their row may exist."""

import contextlib
import os
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy import Connection

from md5_service.api.http import deadline
from md5_task_data import failpoints
from md5_task_data.bucket.folder import Incoming
from md5_task_data.database.engine import Database
from md5_task_data.errors import DependencyAway
from tests.api.answers import assert_problem
from tests.api.conftest import Api
from tests.api.requests import BOUNDARY, FILE, chunks, form
from tests.client import BUSY_S, IN_TIME_S, TLS, wait_for


def test_a_broker_that_is_away_holds_nothing_up(api: Api) -> None:
    began = time.monotonic()
    assert all(api.client.post("/v1/tasks", content=b"x").status_code == 202 for _ in range(20))
    assert time.monotonic() - began < 10 + BUSY_S  # for all twenty; each would wait 2 s for a broker
    assert api.client.get("/readyz").json()["checks"]["broker"] == "away"


@pytest.mark.parametrize("how", ["form", "raw"])
def test_a_body_that_is_cut_off_leaves_nothing_behind(api: Api, how: str) -> None:
    kind = f"multipart/form-data; boundary={BOUNDARY}" if how == "form" else "text/plain"
    start = form(FILE, end=False)["content"] if how == "form" else b""
    with socket.create_connection(("127.0.0.1", api.port), timeout=10) as connection:
        head = f"POST /v1/tasks HTTP/1.1\r\nHost: localhost\r\nContent-Type: {kind}\r\nContent-Length: 9000000\r\n\r\n"
        connection.sendall(head.encode() + start + b"y" * 2_000_000)
        wait_for(lambda: [path for path in api.stored() if path.stat().st_size], "the first bytes to be stored")
    wait_for(lambda: not api.stored(), "the half-received file to be removed")
    assert api.count() == 0


def test_nothing_is_still_written_when_an_upload_is_discarded(
    start_api: Callable[..., Api], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise the writing thread could write into another file that reuses the closed descriptor's number."""
    api = start_api(max_upload_bytes=2_000_000)
    steps: list[str] = []
    write, discard = Incoming.write, Incoming.discard

    def slow_write(self: Incoming, pieces: Any) -> None:
        steps.append("write")
        time.sleep(0.5)
        write(self, pieces)
        steps.append("written")

    def noted_discard(self: Incoming) -> None:
        steps.append("discard")
        discard(self)

    monkeypatch.setattr(Incoming, "write", slow_write)
    monkeypatch.setattr(Incoming, "discard", noted_discard)
    assert api.client.post("/v1/tasks", content=chunks(2_100_000)).status_code == 413
    assert steps == ["write", "written"] * (len(steps) // 2) + ["discard"]
    assert len(steps) > 1


@pytest.mark.shows("answer 408")
def test_an_upload_that_stalls_is_ended(start_api: Callable[..., Api]) -> None:
    api = start_api(upload_idle_s=0.3)
    with socket.create_connection(("127.0.0.1", api.port), timeout=10) as connection:
        connection.sendall(b"POST /v1/tasks HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nabc")
        answer = connection.recv(10_000)
    assert b" 408 " in answer.partition(b"\r\n")[0]
    assert (api.stored(), api.count()) == ([], 0)


def test_a_slow_upload_that_goes_on_is_taken(start_api: Callable[..., Api]) -> None:
    api = start_api(upload_idle_s=2)
    with socket.create_connection(("127.0.0.1", api.port), timeout=10) as connection:
        connection.sendall(b"POST /v1/tasks HTTP/1.1\r\nHost: localhost\r\nContent-Length: 12\r\n\r\n")
        for byte in b"abcdefghijkl":
            time.sleep(0.2)
            connection.sendall(bytes([byte]))
        assert b" 202 " in connection.recv(10_000).partition(b"\r\n")[0]


@pytest.mark.shows("answer 507")
def test_a_full_disk_is_507_and_keeps_nothing(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "writev", full)
        answer = api.client.post("/v1/tasks", content=b"x" * 5_000_000)
    assert_problem(answer, 507, "storage_full")
    assert (api.stored(), api.count()) == ([], 0)


@pytest.mark.shows("answer 503")
def test_without_a_database_it_is_503_and_keeps_nothing(api: Api) -> None:
    (api.folder / "md5.sqlite3").rename(api.folder / "away")
    (api.folder / "md5.sqlite3").mkdir()  # the next connection cannot open it
    answers = [api.client.post("/v1/tasks", content=b"x") for _ in range(3)]
    away = [answer for answer in answers if answer.status_code != 202]
    for answer in away:
        assert_problem(answer, 503, "unavailable")
    assert len(api.stored()) == len(answers) - len(away)


@pytest.mark.parametrize(("failpoint", "kept"), [("intake.stored", 0), ("intake.inserted", 0), ("intake.committed", 1)])
def test_bytes_are_kept_exactly_where_the_row_may_be(
    start_api: Callable[..., Api], tmp_path: Path, failpoint: str, kept: int
) -> None:
    """Even if the client never got the answer: committed bytes stay stored."""
    api = start_api(failpoints=tmp_path)
    try:
        (tmp_path / failpoint).write_text("error")
        assert api.client.post("/v1/tasks", content=b"abc").status_code == 500
        assert (api.count(), len(api.stored())) == (kept, kept)
    finally:
        failpoints.arm(None)


def test_bytes_stay_where_nobody_knows_whether_the_row_is_there(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """The connection is cut at COMMIT: the row may exist, and in this test it does."""
    real = Database.transaction

    @contextlib.contextmanager
    def cut_at_commit(database: Database) -> Iterator[Connection]:
        with real(database) as db:
            yield db
        raise DependencyAway("the connection was cut")

    with monkeypatch.context() as patch:
        patch.setattr(Database, "transaction", cut_at_commit)
        assert_problem(api.client.post("/v1/tasks", content=b"abc"), 503, "unavailable")
    assert (api.count(), len(api.stored())) == (1, 1)


def test_many_at_once_wait_for_their_turn(api: Api) -> None:
    """SQLite commits them one by one, which is not an outage."""

    def hand_over(number: int) -> int:
        return httpx2.post(f"{api.url}/v1/tasks", content=b"%d" % number, timeout=IN_TIME_S, verify=TLS).status_code

    with ThreadPoolExecutor(100) as clients:
        assert set(clients.map(hand_over, range(400))) == {202}
    assert api.count() == len(api.stored()) == 400


@pytest.mark.parametrize("path", ["/v1/tasks", "/v1/tasks/{}/retry"])
def test_what_got_a_503_is_not_taken_later(api: Api, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    cancelled = api.client.post("/v1/tasks", content=b"abc").json()["id"]
    api.client.delete(f"/v1/tasks/{cancelled}")
    monkeypatch.setattr(deadline, "ANSWER_S", 0.3)
    other = Database(api.settings.database_url)
    with other.transaction():
        assert_problem(api.client.post(path.format(cancelled), content=b"abc"), 503, "unavailable")
    time.sleep(0.5)  # by now it would have had its turn
    assert (api.count(), len(api.stored())) == (1, 1)
    other.close()


def test_a_bucket_that_is_away_is_503_and_is_never_made_anew(api: Api) -> None:
    """It may be a share that is not mounted; no worker would find files written into the folder below it."""
    (api.folder / "bucket").rename(api.folder / "away")
    for _ in range(2):
        assert_problem(api.client.post("/v1/tasks", content=b"abc"), 503, "unavailable")
        assert api.client.get("/readyz").json()["checks"]["bucket"] == "away"
    assert not (api.folder / "bucket").exists()
    (api.folder / "away").rename(api.folder / "bucket")
    assert api.client.post("/v1/tasks", content=b"abc").status_code == 202
    assert api.count() == 1
