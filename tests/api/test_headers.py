"""Headers of every answer, whatever its status."""

import contextlib
import io
import json
import logging
import socket
import time
from collections.abc import Iterator

import pytest

from md5_service import logs
from md5_service.api.http.headers import ALWAYS
from md5_service.api.routes import health
from md5_task_data.errors import DependencyAway
from tests.api.conftest import Api
from tests.client import NOBODY

PATHS = ["/", "/docs", "/help/", "/v1/tasks", f"/v1/tasks/{NOBODY}", "/nothing", "/readyz", "/assets/favicon.svg"]


@pytest.mark.parametrize("path", PATHS)
def test_every_answer_says_what_a_browser_may_not_do_with_it(api: Api, path: str) -> None:
    answer = api.client.get(path)
    assert answer.headers["x-request-id"]
    for name, value in ALWAYS.items():
        assert answer.headers[name].startswith(value)
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    assert "unsafe" not in answer.headers["content-security-policy"] or path in ("/docs", "/help/")


def test_requests_of_one_who_has_gone_are_no_error(api: Api, caplog: pytest.LogCaptureFixture) -> None:
    request = b"POST /v1/tasks HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nabc"
    with caplog.at_level(logging.ERROR):
        for _ in range(20):
            with socket.create_connection(("127.0.0.1", api.port)) as connection:
                connection.sendall(request * 3)  # the second is started when the first is answered
        assert api.client.get("/v1/tasks").status_code == 200
        time.sleep(0.5)
    assert [record.getMessage() for record in caplog.records] == []


@pytest.mark.parametrize("given", ["a", "4bf92f35-77b3.4da6:a3ce/929d=0e0e+4736", "x" * 128])
def test_the_id_of_a_request_is_kept(api: Api, given: str) -> None:
    assert api.client.get("/healthz", headers={"X-Request-ID": given}).headers["x-request-id"] == given


@pytest.mark.parametrize("given", ["", "x" * 129, "a b", 'a"b', "é"])
def test_what_cannot_be_an_id_is_replaced(api: Api, given: str) -> None:
    answer = api.client.get("/healthz", headers=[(b"X-Request-ID", given.encode())])
    assert len(answer.headers["x-request-id"]) == 32


@pytest.fixture
def stderr() -> Iterator[io.StringIO]:
    """The log on stderr, in the format of the service's processes."""
    root = logging.getLogger()
    before = root.handlers[:], root.level
    with contextlib.redirect_stderr(io.StringIO()) as written:
        logs.configure("info")
    yield written
    root.handlers[:], level = before
    root.setLevel(level)


def lines_about(stderr: io.StringIO, request_id: str) -> list[dict[str, str]]:
    lines = [json.loads(line) for line in stderr.getvalue().splitlines()]
    return [line for line in lines if line.get("request_id") == request_id]


def test_a_fault_of_ours_is_found_in_the_log_by_the_id_of_its_request(
    api: Api, stderr: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("in the middle")

    monkeypatch.setattr(health, "checks", fail)
    answer = api.client.get("/readyz", headers={"X-Request-ID": "r-1"})
    assert (answer.status_code, answer.headers["x-request-id"], answer.json()["code"]) == (500, "r-1", "internal")
    line = next(line for line in lines_about(stderr, "r-1") if line["level"] == "ERROR")
    assert "ZeroDivisionError: in the middle" in line["traceback"]
    assert line["message"] == "GET /readyz"


def test_what_a_step_in_a_thread_logs_is_about_its_request_too(
    api: Api, stderr: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    def look() -> None:
        logging.getLogger("test").warning("é in a thread")
        raise DependencyAway("away")

    monkeypatch.setattr(health, "checks", lambda *_: {"it": look})
    api.client.get("/readyz", headers={"X-Request-ID": "r-2"})
    found = {(line["level"], line["message"].partition(" in ")[0]) for line in lines_about(stderr, "r-2")}
    assert found == {("WARNING", "é"), ("WARNING", "it: away"), ("INFO", "GET /readyz: 503")}
