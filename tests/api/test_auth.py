"""Authentication with keys: callers are identified before the body is read, and see only their own tasks."""

import contextlib
import logging
import socket
from collections.abc import Callable

import httpx2
import pytest
from fastapi.routing import iter_route_contexts
from sqlalchemy import Connection, RowMapping

from md5_service.api.access import auth, cross_site
from md5_service.api.app import create_app
from md5_task_data import api_keys
from md5_task_data.errors import DependencyAway
from tests.api.answers import assert_problem
from tests.api.conftest import Api
from tests.client import wait_for

OPEN = [
    "/",
    "/tasks",
    "/contacts",
    "/phones",
    "/tasks/anything",
    "/assets/favicon.svg",
    "/docs",
    "/help/",
    "/openapi.json",
    "/healthz",
    "/readyz",
    "/v1/session",
]


@pytest.fixture
def api(start_api: Callable[..., Api]) -> Api:
    """An API that requires keys."""
    return start_api(auth="keys")


def test_every_path_but_those_that_show_nothing_needs_a_key(api: Api) -> None:
    paths = {str(path) for route in iter_route_contexts(create_app(api.settings).routes) if (path := route.path)}
    shut = paths - {path for path in paths if path.replace("{task_id}", "anything") in OPEN} - {"/assets", "/help"}
    assert {"/v1/tasks", "/v1/tasks/{task_id}/file", "/v1/stats", "/metrics"} <= shut
    for path in [*shut, "/v1/nothing", "/v1", "/v1//tasks", "/v1/tasks/", "/Docs", "/docs/", "/tasks%2f../v1/tasks/"]:
        for method in ("GET", "POST", "DELETE", "OPTIONS"):
            answer = api.client.request(method, path.replace("{task_id}", "x"))
            if path.startswith("/tasks%2f"):
                assert answer.status_code in (401, 404, 405)
            else:
                assert_problem(answer, 401, "unauthorized", "Authorization: Bearer")
                assert answer.headers["www-authenticate"] == "Bearer"
                assert answer.headers["x-request-id"]


@pytest.mark.parametrize("path", OPEN)
def test_pages_and_health_need_none(api: Api, path: str) -> None:
    assert api.client.get(path).status_code in (200, 503)


def test_a_key_opens_all(api: Api) -> None:
    _, header = api.new_key("ann")
    for path in ("/v1/tasks", "/v1/stats", "/metrics"):
        assert api.client.get(path, headers=header).status_code == 200
    task = api.client.post("/v1/tasks", content=b"abc", headers=header).json()
    assert api.client.get(f"/v1/tasks/{task['id']}", headers=header).json() == task


@pytest.mark.shows("answer 401")
def test_a_wrong_key_opens_nothing(api: Api) -> None:
    key_id, header = api.new_key("ann")
    key = header["Authorization"].removeprefix("Bearer ")
    other = api.new_key("bob")[1]["Authorization"].removeprefix("Bearer ")
    mixed = f"md5_{key_id}_{other[-43:]}"
    for wrong in (
        f"Bearer {key[:-1]}{'A' if key[-1] != 'A' else 'B'}",
        f"Bearer {mixed}",
        f"Bearer md5_{'0' * 16}_{'x' * 43}",
        f"Bearer {key}{key}",
        f"Basic {key}",
        f"Token {key}",
        key,
        "Bearer",
        "Bearer é",
        "x" * 5000,
    ):
        answer = api.client.get("/v1/tasks", headers=[(b"Authorization", wrong.encode())])
        assert_problem(answer, 401, "unauthorized")
    assert api.client.get("/v1/tasks", headers={"Authorization": f"bearer {key}"}).status_code == 200


@pytest.mark.shows("answer 401")
def test_nobody_without_a_key_gets_a_body_in(api: Api) -> None:
    with socket.create_connection(("127.0.0.1", api.port), timeout=10) as connection:
        head = "POST /v1/tasks HTTP/1.1\r\nHost: localhost\r\nContent-Length: 999999\r\nExpect: 100-continue\r\n\r\n"
        connection.sendall(head.encode())
        assert connection.recv(1000).startswith(b"HTTP/1.1 401")
    assert api.stored() == []


@pytest.mark.shows("owners")
def test_owners_see_and_touch_only_their_own(api: Api) -> None:
    (_, ann), (_, bob), (_, anns_other) = api.new_key("ann"), api.new_key("bob"), api.new_key("ann")
    task_id = api.client.post("/v1/tasks", content=b"abc", headers=ann).json()["id"]
    theirs = f"/v1/tasks/{task_id}"
    unknown = "/v1/tasks/00000000-0000-7000-8000-000000000000"
    for method, path in [
        ("GET", ""),
        ("GET", "/events"),
        ("GET", "/file"),
        ("POST", "/retry"),
        ("DELETE", ""),
    ]:
        foreign = api.client.request(method, theirs + path, headers=bob)
        never = api.client.request(method, unknown + path, headers=bob)
        assert_problem(foreign, 404, "not_found")
        assert foreign.json() | {"detail": ""} == never.json() | {"detail": ""}
        assert foreign.json()["detail"].replace(task_id, "") == never.json()["detail"].replace(unknown[-36:], "")
    assert_problem(api.client.get(f"/v1/tasks/events?id={task_id}", headers=bob), 404, "not_found")
    assert api.client.get("/v1/tasks", headers=bob).json()["items"] == []
    assert api.client.get("/v1/stats", headers=bob).json()["counts"] == []
    for header in (ann, anns_other):
        assert [task["id"] for task in api.client.get("/v1/tasks", headers=header).json()["items"]] == [task_id]
    assert api.client.delete(theirs, headers=anns_other).json()["outcome"] == "cancelled"


def test_a_revoked_key_opens_nothing_within_seconds(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auth, "REMEMBERED_S", 0.3)
    key_id, header = api.new_key("ann")
    _, other = api.new_key("ann")
    assert api.client.get("/v1/stats", headers=header).status_code == 200
    api.revoke(key_id)
    wait_for(lambda: api.client.get("/v1/stats", headers=header).status_code == 401, "the key to end")
    assert api.client.get("/v1/stats", headers=other).status_code == 200


def test_the_database_is_asked_once_in_a_while_and_its_absence_is_a_503(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, header = api.new_key("ann")
    asked = []
    get = api_keys.get

    def noted(db: Connection, key_id: str) -> RowMapping | None:
        asked.append(key_id)
        return get(db, key_id)

    monkeypatch.setattr(auth, "REMEMBERED_S", 60)
    monkeypatch.setattr(api_keys, "get", noted)
    assert {api.client.get("/v1/nothing", headers=header).status_code for _ in range(10)} == {404}
    assert len(asked) == 1

    def away(*_: object) -> None:
        raise DependencyAway("gone")

    monkeypatch.setattr(api_keys, "get", away)
    assert_problem(api.client.get("/v1/tasks", headers=api.new_key("bob")[1]), 503, "unavailable")
    assert api.client.get("/v1/tasks", headers={"Authorization": "Bearer x"}).status_code == 401


def test_no_log_line_holds_a_key(api: Api, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    _, header = api.new_key("ann")
    key = header["Authorization"].removeprefix("Bearer ")
    with caplog.at_level(logging.DEBUG):
        for path in ("/v1/tasks", "/v1/nothing", "/v1/tasks/x", "/readyz"):
            api.client.get(path, headers=header)
            api.client.get(path, headers={"Authorization": f"Basic {key}"})
        monkeypatch.setattr(api_keys, "fits", lambda *_: 1 / 0)  # an internal error, with its traceback
        with contextlib.suppress(httpx2.HTTPError):
            assert api.client.get("/v1/tasks", headers=header).status_code == 500
    assert "GET /v1/tasks" in caplog.text
    assert key[-43:] not in caplog.text


def test_who_was_not_told_whom_to_let_in_lets_in_this_machine_only(
    start_api: Callable[..., Api], monkeypatch: pytest.MonkeyPatch
) -> None:
    api = start_api()
    assert api.client.get("/v1/tasks").status_code == 200
    monkeypatch.setattr(cross_site, "is_loopback", lambda _: False)  # as if other machines could reach the address
    assert_problem(api.client.get("/v1/tasks"), 401, "unauthorized", "MD5_AUTH")
    assert api.client.get("/healthz").status_code == 200


def test_with_none_everybody_who_reaches_it_may(start_api: Callable[..., Api], monkeypatch: pytest.MonkeyPatch) -> None:
    api = start_api(auth="none")
    monkeypatch.setattr(cross_site, "is_loopback", lambda _: False)
    assert api.client.get("/v1/tasks", headers={"Host": "files.example"}).status_code == 200


def test_the_document_says_that_a_key_is_needed(api: Api) -> None:
    document = api.client.get("/openapi.json").json()
    assert document["components"]["securitySchemes"]["HTTPBearer"]["scheme"] == "bearer"
    assert document["components"]["securitySchemes"]["APIKeyCookie"]["name"] == "md5_key"
    for path, methods in document["paths"].items():
        for operation in methods.values():
            is_shut = path not in OPEN
            assert operation.get("security", []) == ([{"HTTPBearer": []}, {"APIKeyCookie": []}] if is_shut else [])
            assert ("401" in operation["responses"]) == (is_shut or path == "/v1/session")
