"""Without keys: what another site cannot do through the browser of a user of this machine."""

from collections.abc import Callable

import pytest

from tests.api.answers import assert_problem
from tests.api.conftest import Api
from tests.api.requests import CROSS_SITE


def test_other_names_are_not_so_that_a_rebound_one_reads_nothing(api: Api) -> None:
    for host in ("rebound.example:9000", "localhost.example", "127.0.0.1.example", "10.0.0.1"):
        for path in ("/v1/tasks", "/", "/metrics"):
            assert_problem(api.client.get(path, headers={"Host": host}), 403, "forbidden", "MD5_ALLOWED_HOSTS")


NO_HOSTS = [
    "x@127.0.0.1",
    "user:password@localhost",
    "[",
    "localhost:port",
    "localhost:1:2",
    "localhost/",
    "http://localhost",
    "a b",
    "\u00e9",
]


@pytest.mark.parametrize("auth", [None, "keys"])
def test_a_host_that_is_none_is_refused(start_api: Callable[..., Api], auth: str | None) -> None:
    api = start_api(auth=auth)
    for host in NO_HOSTS:
        for path in ("/v1/tasks", "/"):
            answer = api.client.get(path, headers=[(b"Host", host.encode())])
            assert_problem(answer, 400, "malformed", "Host")
    for host in ("localhost:", "LOCALHOST.:1", "[::1]:80", "a_b.localhost"):
        assert api.client.get("/", headers={"Host": host}).status_code == 200


@pytest.mark.shows("answer 403")
def test_another_site_changes_nothing(api: Api) -> None:
    path = f"/v1/tasks/{api.client.post('/v1/tasks', content=b'abc').json()['id']}"
    for headers in CROSS_SITE:
        for method, where in (("POST", "/v1/tasks"), ("DELETE", path), ("POST", f"{path}/retry")):
            answer = api.client.request(method, where, headers=headers)
            assert_problem(answer, 403, "forbidden", "another site")
    assert (api.count(), len(api.stored())) == (1, 1)
    assert api.client.get(path, headers=CROSS_SITE[0]).json()["outcome"] is None


def test_the_page_itself_and_what_is_no_browser_may(api: Api) -> None:
    for headers in ({}, {"Origin": api.url}, {"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}):
        assert api.client.post("/v1/tasks", content=b"abc", headers=headers).status_code == 202


def test_more_names_can_be_allowed(start_api: Callable[..., Api]) -> None:
    api = start_api(allowed_hosts="files.example, Other.example")
    for name in ("files.example", "other.example:8443"):
        headers = {"Host": name, "Origin": f"https://{name}", "Sec-Fetch-Site": "same-origin"}
        assert api.client.post("/v1/tasks", content=b"abc", headers=headers).status_code == 202
    behind_a_proxy = {"Origin": "https://files.example"}  # the proxy uses the API's own name as Host
    assert api.client.post("/v1/tasks", content=b"abc", headers=behind_a_proxy).status_code == 202
    assert api.client.get("/v1/tasks", headers={"Host": "files.example.org"}).status_code == 403


def test_an_allowed_origin_is_that_scheme_and_port_alone_where_it_says_so(start_api: Callable[..., Api]) -> None:
    api = start_api(allowed_hosts="https://files.example, other.example:8443, http://[::2]:81")
    for origin, may in {
        "https://files.example": True,
        "https://FILES.example:443": True,
        "http://files.example": False,
        "http://files.example:443": False,
        "https://files.example:444": False,
        "https://files.example.org": False,
        "https://x@files.example": False,
        "https://other.example:8443": True,
        "http://other.example:8443": True,
        "https://other.example": False,
        "http://[::2]:81": True,
        "http://[::2]": False,
        "files.example": False,
    }.items():
        answer = api.client.post("/v1/tasks", content=b"abc", headers={"Origin": origin})
        assert (answer.status_code == 202) is may, origin


def test_a_page_of_the_same_name_and_port_is_another_where_it_came_by_another_scheme(api: Api) -> None:
    https = api.url.replace("http", "https")
    for origin, proto, may in ((https, "http", False), (api.url, "https", False), (https, "https", True)):
        headers = {"Origin": origin, "X-Forwarded-Proto": proto}
        assert (api.client.post("/v1/tasks", content=b"abc", headers=headers).status_code == 202) is may


def test_with_keys_a_name_is_as_good_as_another(start_api: Callable[..., Api]) -> None:
    api = start_api(auth="keys")
    assert_problem(api.client.get("/v1/tasks", headers={"Host": "files.example"}), 401, "unauthorized")
