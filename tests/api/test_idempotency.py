"""`Idempotency-Key`: repeating a request whose answer was lost does not create a second task."""

import contextlib
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2
import pytest

from md5_service.api.http import deadline
from md5_task_data import failpoints, idempotency
from tests.api.answers import assert_problem
from tests.api.conftest import Api
from tests.client import IN_TIME_S, TLS, wait_for
from tests.servers.postgres import Postgres

SOON_S = 25  # less than the 30 s after which a key that was not released expires
KEY = {"Idempotency-Key": '"8e03978e-40d5-43dd-bc93-6894a57f9324"'}


def send(api: Api, content: bytes = b"abc", **query: str) -> httpx2.Response:
    return api.client.post("/v1/tasks", params=query, content=content, headers=KEY)


@contextlib.contextmanager
def half_sent(api: Api, size: int = 9) -> Iterator[socket.socket]:
    """An upload with the same key, of which three bytes have arrived."""
    with socket.create_connection(("127.0.0.1", api.port), timeout=10) as connection:
        head = f"POST /v1/tasks HTTP/1.1\r\nHost: localhost\r\nIdempotency-Key: {KEY['Idempotency-Key']}\r\n"
        connection.sendall(f"{head}Content-Length: {size}\r\n\r\nabc".encode())
        wait_for(api.stored, "the first bytes")
        yield connection


@pytest.mark.shows("Idempotency-Key")
def test_the_same_again_is_the_same_task_as_it_is_now(api: Api) -> None:
    first = send(api, filename="a", batch="b")
    assert (first.status_code, "idempotent-replayed" in first.headers) == (202, False)
    task_id = first.json()["id"]
    api.client.delete(f"/v1/tasks/{task_id}")
    again = api.client.post("/v1/tasks", files={"file": ("a", b"abc")}, data={"batch": "b"}, headers=KEY)
    assert (again.status_code, again.headers["idempotent-replayed"]) == (202, "true")
    assert (again.json()["id"], again.json()["outcome"]) == (task_id, "cancelled")
    assert again.headers["location"] == f"/v1/tasks/{task_id}"
    assert (api.count(), len(api.stored())) == (1, 1)


@pytest.mark.shows("answer 422")
def test_other_bytes_or_parameters_are_422(api: Api) -> None:
    task_id = send(api, filename="a").json()["id"]
    for content, query in ((b"abd", {"filename": "a"}), (b"abc", {"filename": "b"}), (b"abc", {})):
        assert_problem(send(api, content, **query), 422, "idempotency_key_reused", task_id)
    assert (api.count(), len(api.stored())) == (1, 1)
    large = b"x" * 3_000_000  # every block enters the digest
    key = {"Idempotency-Key": "large"}
    assert api.client.post("/v1/tasks", content=large, headers=key).status_code == 202
    for other in (b"y" + large[1:], large[:-1] + b"y"):
        assert api.client.post("/v1/tasks", content=other, headers=key).status_code == 422
    assert api.client.post("/v1/tasks", content=large, headers=key).headers["idempotent-replayed"] == "true"


def test_a_key_of_a_wrong_form_is_422_and_named(api: Api) -> None:
    for key in ("", "a b", "x" * 256):
        answer = api.client.post("/v1/tasks", content=b"x", headers={"Idempotency-Key": key})
        assert_problem(answer, 422, "invalid_input", "Idempotency-Key")
    assert api.count() == 0


def test_a_key_is_said_once(api: Api) -> None:
    twice = [(b"Idempotency-Key", b"one"), (b"Idempotency-Key", b"two")]
    answer = api.client.post("/v1/tasks", content=b"abc", headers=twice)
    assert_problem(answer, 400, "malformed", "Idempotency-Key was given more than once")
    assert api.count() == 0


@pytest.mark.shows("answer 409")
def test_while_the_first_is_being_received_it_is_409(api: Api) -> None:
    with half_sent(api) as connection:
        refused = send(api)
        assert_problem(refused, 409, "idempotency_key_in_use", "Retry soon")
        assert refused.headers["retry-after"] == "1"
        connection.sendall(b"defghi")
        assert b" 202 " in connection.recv(10_000).partition(b"\r\n")[0]
    assert send(api, b"abcdefghi").headers["idempotent-replayed"] == "true"
    assert api.count() == 1


def test_a_slow_upload_keeps_its_key(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(idempotency, "HOLD_S", 3)
    with half_sent(api):
        time.sleep(3.6)
        assert_problem(send(api), 409, "idempotency_key_in_use")


def test_an_upload_that_broke_off_frees_its_key_at_once(api: Api) -> None:
    with half_sent(api):
        pass
    wait_for(lambda: not api.stored(), "the half-received file to be removed")
    assert wait_for(lambda: send(api).status_code == 202, "the key to be free", within_s=SOON_S)
    assert api.count() == 1


def test_what_was_refused_may_be_mended_and_sent_with_the_same_key(api: Api) -> None:
    assert_problem(send(api, expected_md5="x"), 422, "invalid_input")
    form = {"files": {"file": ("a", b"abc")}, "data": {"kind": "sha1"}}
    assert_problem(api.client.post("/v1/tasks", **form, headers=KEY), 422, "invalid_input")  # type: ignore[arg-type]
    assert send(api).status_code == 202
    assert api.count() == 1


def test_two_at_the_same_time_make_one_task(api: Api) -> None:
    """With SQLite and one process; `tests/data/test_idempotency.py` covers the others."""

    def hand_over(_: int) -> tuple[int, str]:
        answer = httpx2.post(f"{api.url}/v1/tasks", content=b"abc", headers=KEY, timeout=IN_TIME_S, verify=TLS)
        return answer.status_code, answer.json().get("id", "")

    with ThreadPoolExecutor(8) as clients:
        answers = set(clients.map(hand_over, range(24)))
    assert len({task_id for status, task_id in answers if status == 202}) == api.count() == len(api.stored()) == 1
    assert {status for status, _ in answers} <= {202, 409}


@pytest.mark.parametrize(("failpoint", "replayed"), [("intake.inserted", None), ("intake.committed", "true")])
def test_a_key_is_kept_with_its_task_and_lost_with_it(
    start_api: Callable[..., Api],
    tmp_path: Path,
    failpoint: str,
    replayed: str | None,
) -> None:
    api = start_api(failpoints=tmp_path)
    try:
        (tmp_path / failpoint).write_text("error")
        assert send(api).status_code == 500
        assert send(api).headers.get("idempotent-replayed") == replayed
        assert (api.count(), len(api.stored())) == (1, 1)
    finally:
        failpoints.arm(None)


def test_what_got_a_503_may_be_sent_again_with_its_key(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(deadline, "ANSWER_S", 0.3)
        patch.setattr("md5_task_data.tasks.create_all", lambda *_: time.sleep(0.6))
        assert_problem(send(api), 503, "unavailable")
    assert wait_for(lambda: send(api).status_code == 202, "the key to be free", within_s=SOON_S)
    assert (api.count(), len(api.stored())) == (1, 1)


def test_a_key_is_free_as_soon_as_the_database_is_back(start_api: Callable[..., Api], tmp_path: Path) -> None:
    with Postgres(tmp_path / "postgres") as postgres:
        api = start_api(database_url=postgres.new_database())
        with half_sent(api) as connection:
            postgres.kill()
            connection.sendall(b"defghi")
            assert b" 503 " in connection.recv(10_000).partition(b"\r\n")[0]
        postgres.start()
        assert wait_for(lambda: send(api, b"abcdefghi").status_code == 202, "the key to be free", within_s=SOON_S)
        assert len(api.stored()) == 1


def test_trying_again_twice_makes_one_task(api: Api) -> None:
    first = api.hand_over()
    api.client.delete(f"/v1/tasks/{first}")
    answers = [api.client.post(f"/v1/tasks/{first}/retry", headers=KEY) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [202, 202]
    assert answers[0].json()["id"] == answers[1].json()["id"] != first
    assert [answer.headers.get("idempotent-replayed") for answer in answers] == [None, "true"]
    assert_problem(send(api), 422, "idempotency_key_reused")
    assert (api.count(), len(api.stored())) == (2, 2)


def test_trying_again_is_answered_though_the_bytes_of_the_first_are_gone(api: Api) -> None:
    first = api.hand_over()
    api.client.delete(f"/v1/tasks/{first}")
    api.flush_log()
    again = api.client.post(f"/v1/tasks/{first}/retry", headers=KEY)
    assert api.client.delete(f"/v1/tasks/{first}/results").status_code == 204
    replayed = api.client.post(f"/v1/tasks/{first}/retry", headers=KEY)
    assert (replayed.status_code, replayed.json()["id"]) == (202, again.json()["id"])
    other = api.client.post(f"/v1/tasks/{first}/retry", headers={"Idempotency-Key": "another"})
    assert_problem(other, 410, "bytes_missing")


def test_without_a_key_nothing_is_held_and_nothing_hashed(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr("md5_service.api.upload.sink.hashlib.blake2b")
    monkeypatch.delattr(idempotency, "hold")
    assert api.hand_over() != api.hand_over()
