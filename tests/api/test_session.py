"""Signing in with a browser: the cookie gives the access of its key, but only to the service's own page."""

import socket
from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from md5_service.api.access import auth
from md5_service.api.routes import session
from tests.api.answers import assert_problem
from tests.api.conftest import Api
from tests.api.requests import CROSS_SITE
from tests.client import wait_for


@pytest.fixture
def api(start_api: Callable[..., Api]) -> Api:
    """An API that requires keys."""
    return start_api(auth="keys")


def key_of(api: Api, owner: str) -> str:
    return api.new_key(owner)[1]["Authorization"].removeprefix("Bearer ")


def cookie(key: str) -> dict[str, str]:
    return {"Cookie": f"md5_key={key}"}


def sign_in(api: Api, key: Any, **headers: str) -> httpx2.Response:
    """Sign in without cookies from earlier answers."""
    answer = api.client.post("/v1/session", json={"key": key}, headers=headers)
    api.client.cookies.clear()
    return answer


def who(api: Api, headers: dict[str, str]) -> dict[str, Any]:
    answer = api.client.get("/v1/session", headers=headers)
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    return dict(answer.json())


@pytest.mark.shows("GET /v1/session")
def test_who_signs_in_is_known_by_a_cookie_that_opens_what_the_key_opens(api: Api) -> None:
    key = key_of(api, "ann")
    assert who(api, {}) == {"auth": "keys", "owner": None}
    answer = sign_in(api, f" {key}\n")
    assert (answer.status_code, answer.json()) == (200, {"auth": "keys", "owner": "ann"})
    assert answer.headers["cache-control"] == "no-store"
    given = {"Cookie": answer.headers["set-cookie"].partition(";")[0]}
    assert given == cookie(key)
    assert who(api, given) == who(api, {"Authorization": f"Bearer {key}"}) == {"auth": "keys", "owner": "ann"}
    task = api.client.post("/v1/tasks", content=b"abc", headers=given).json()
    for path in ("", "/file", "/retry"):
        assert api.client.get(f"/v1/tasks/{task['id']}{path}", headers=given).status_code in (200, 405)
    assert api.client.get("/metrics", headers=given | {"Cookie": f"a=b; md5_key={key} ;c"}).status_code == 200
    api.client.delete(f"/v1/tasks/{task['id']}", headers=given)
    with api.client.stream("GET", f"/v1/tasks/{task['id']}/events", headers=given) as events:
        assert events.status_code == 200
    assert api.client.get("/v1/tasks", headers=cookie(key_of(api, "bob"))).json()["items"] == []


@pytest.mark.shows("POST /v1/session")
def test_the_cookie_is_for_no_script_and_no_other_site_and_goes_with_the_browser(api: Api) -> None:
    key = key_of(api, "ann")
    words = {word.strip().lower() for word in sign_in(api, key).headers["set-cookie"].split(";")[1:]}
    assert words == {"httponly", "samesite=strict", "path=/"}


BY_TLS = {"X-Forwarded-Proto": "https"}  # as a proxy on this machine sends it


def test_over_https_the_cookie_is_one_that_nobody_else_can_have_put_there(api: Api) -> None:
    ann, mallory = key_of(api, "ann"), key_of(api, "mallory")
    answer = sign_in(api, ann, **BY_TLS)
    value, *words = [word.strip() for word in answer.headers["set-cookie"].split(";")]
    assert value == f"__Host-md5_key={ann}"
    assert {word.lower() for word in words} == {"httponly", "samesite=strict", "path=/", "secure"}  # and no Domain
    assert who(api, BY_TLS | {"Cookie": f"md5_key={mallory}; {value}"})["owner"] == "ann"
    assert who(api, BY_TLS | cookie(mallory))["owner"] is None
    assert who(api, {"Cookie": value})["owner"] is None
    gone = api.client.delete("/v1/session", headers=BY_TLS).headers["set-cookie"].lower()
    assert gone.startswith("__host-md5_key=")
    assert {"max-age=0", "path=/", "secure"} <= {word.strip() for word in gone.split(";")}


@pytest.mark.shows("DELETE /v1/session")
def test_who_signs_out_has_no_cookie_any_more(api: Api) -> None:
    for headers in ({}, cookie(key_of(api, "ann")), cookie("nonsense")):
        answer = api.client.delete("/v1/session", headers=headers)
        assert (answer.status_code, answer.content) == (204, b"")
        value, *words = [word.strip().lower() for word in answer.headers["set-cookie"].split(";")]
        assert value in ("md5_key=", 'md5_key=""')
        assert {"max-age=0", "path=/", "httponly", "samesite=strict"} <= set(words)


def test_no_cache_shows_to_others_what_a_cookie_opened(api: Api) -> None:
    ann = cookie(key_of(api, "ann"))
    path = f"/v1/tasks/{api.client.post('/v1/tasks', content=b'abc', headers=ann).json()['id']}"
    for where in ("/v1/tasks", "/v1/stats", "/v1/manifest.md5", "/metrics", path, f"{path}/file"):
        answer = api.client.get(where, headers=ann)
        assert answer.status_code == 200
        assert answer.headers["cache-control"] in ("private, no-cache", "no-store")


def test_a_header_goes_before_a_cookie(api: Api) -> None:
    ann, bob = key_of(api, "ann"), key_of(api, "bob")
    assert who(api, {"Authorization": f"Bearer {ann}"} | cookie(bob))["owner"] == "ann"
    for wrong in ("", "Bearer nonsense", f"Basic {ann}"):
        headers = {"Authorization": wrong} | cookie(ann)
        assert_problem(api.client.get("/v1/tasks", headers=headers), 401, "unauthorized")
        assert who(api, headers)["owner"] is None


def test_another_site_changes_nothing_with_a_cookie(api: Api) -> None:
    key = key_of(api, "ann")
    path = f"/v1/tasks/{api.client.post('/v1/tasks', content=b'abc', headers=cookie(key)).json()['id']}"
    for headers in CROSS_SITE:
        for method, where in (("POST", "/v1/tasks"), ("DELETE", path), ("POST", f"{path}/retry")):
            answer = api.client.request(method, where, headers=headers | cookie(key))
            assert_problem(answer, 403, "forbidden", "another site")
    assert len(api.stored()) == 1
    assert api.client.get(path, headers=cookie(key)).json()["outcome"] is None
    by_header = {"Authorization": f"Bearer {key}"} | cookie(key)  # no browser sends it unasked
    assert api.client.post("/v1/tasks", content=b"abc", headers=CROSS_SITE[0] | by_header).status_code == 202
    for ours in ({"Origin": api.url}, {"Sec-Fetch-Site": "same-origin"}):
        assert api.client.post("/v1/tasks", content=b"abc", headers=ours | cookie(key)).status_code == 202


@pytest.mark.parametrize("headers", CROSS_SITE)
def test_another_site_signs_nobody_in_or_out(api: Api, headers: dict[str, str]) -> None:
    for vouched in ({}, {"Authorization": "Basic YTpi"}):  # which a browser sends unasked once the user has entered it
        answer = sign_in(api, key_of(api, "mallory"), **(headers | vouched))
        assert_problem(answer, 403, "forbidden", "another site")
        assert "set-cookie" not in answer.headers
        assert_problem(api.client.delete("/v1/session", headers=headers | vouched), 403, "forbidden")


def test_a_revoked_key_ends_its_cookies_too(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auth, "REMEMBERED_S", 0.3)
    key_id, header = api.new_key("ann")
    key = header["Authorization"].removeprefix("Bearer ")
    assert sign_in(api, key).status_code == 200
    api.revoke(key_id)
    wait_for(lambda: who(api, cookie(key))["owner"] is None, "the key to end")
    assert_problem(api.client.get("/v1/tasks", headers=cookie(key)), 401, "unauthorized", "revoked")
    assert_problem(sign_in(api, key), 401, "unauthorized", "revoked")


def test_cookies_that_are_none_open_nothing(api: Api) -> None:
    key = key_of(api, "ann")
    for wrong in (
        f"md5_key={key}; md5_key={key}",
        f"md5_key={key}; md5_key=",
        f'md5_key="{key}"',
        f"MD5_KEY={key}",
        f"xmd5_key={key}",
        f"md5_key={key[:-1]}",
        "md5_key",
        "md5_key=",
        "=;;=;",
        ";",
        "md5_key=\u00e9\u00ff",
        "md5_key=" + "x" * 20_000,
        "a=b;" * 3000,
    ):
        headers = [(b"Cookie", wrong.encode("latin-1"))]
        assert_problem(api.client.get("/v1/tasks", headers=headers), 401, "unauthorized")
        assert api.client.get("/v1/session", headers=headers).json()["owner"] is None
    twice = [(b"Cookie", cookie(key)["Cookie"].encode())] * 2
    assert_problem(api.client.get("/v1/tasks", headers=twice), 401, "unauthorized")
    assert_problem(api.client.get("/v1/tasks", headers={"Cookie": "x" * 40_000}), 431, "head_too_large")


@pytest.mark.shows("POST /v1/session")
@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, "malformed"),
        (b"{", 400, "malformed"),
        (b"\xff\xfe", 400, "malformed"),
        (b"[" * 4000, 400, "malformed"),
        (b"null", 422, "invalid_input"),
        (b'["key"]', 422, "invalid_input"),
        (b"{}", 422, "invalid_input"),
        (b'{"key": 5}', 422, "invalid_input"),
        (b'{"key": ""}', 401, "unauthorized"),
        (b'{"key": "\\ud800\\u0000"}', 401, "unauthorized"),
        (b'{"key": "md5_%s_%s"}' % (b"0" * 16, b"x" * 43), 401, "unauthorized"),
        (b'{"key": "%s"}' % (b"x" * 5000), 413, "too_large"),
        (b" " * 1_000_000, 413, "too_large"),
    ],
)
def test_what_is_no_key_is_a_problem_and_no_cookie(api: Api, body: bytes, status: int, code: str) -> None:
    answer = api.client.post("/v1/session", content=body, headers={"Content-Type": "application/json; charset=utf-8"})
    assert_problem(answer, status, code)
    assert "set-cookie" not in answer.headers


def test_a_form_signs_nobody_in(api: Api) -> None:
    answer = api.client.post("/v1/session", content=b'{"key": "x"}', headers={"Content-Type": "text/plain"})
    assert_problem(answer, 415, "unsupported_media_type", "application/json")


def test_a_body_that_does_not_come_is_not_waited_for(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "BODY_S", 0.3)
    head = (
        "POST /v1/session HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{"
    )
    with socket.create_connection(("127.0.0.1", api.port), timeout=10) as connection:
        connection.sendall(head.encode())
        assert connection.recv(1000).startswith(b"HTTP/1.1 408")


def test_where_no_keys_are_asked_for_there_is_nothing_to_sign_in_to(start_api: Callable[..., Api]) -> None:
    api = start_api()
    assert who(api, {}) == who(api, cookie("x")) == {"auth": "none", "owner": None}
    answer = sign_in(api, "x")
    assert_problem(answer, 409, "conflict", "does not use keys")
    assert "set-cookie" not in answer.headers
    assert api.client.delete("/v1/session").status_code == 204
    assert_problem(sign_in(api, "x", Origin="https://other.example"), 403, "forbidden")
