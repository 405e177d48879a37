"""Without keys: what another site may not do through the browser of somebody on this machine."""

from collections.abc import Callable

import pytest

from tests.api.answers import assert_problem
from tests.api.conftest import Api
from tests.api.requests import CROSS_SITE


def test_other_names_are_not_so_that_a_rebound_one_reads_nothing(api: Api) -> None:
    for host in ("rebound.example:9000", "localhost.example", "127.0.0.1.example", "10.0.0.1", "["):
        for path in ("/v1/tasks", "/", "/metrics"):
            assert_problem(api.client.get(path, headers={"Host": host}), 403, "forbidden", "MD5_ALLOWED_HOSTS")


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
    behind_a_proxy = {"Origin": "https://files.example"}  # which calls us by our own name
    assert api.client.post("/v1/tasks", content=b"abc", headers=behind_a_proxy).status_code == 202
    assert api.client.get("/v1/tasks", headers={"Host": "files.example.org"}).status_code == 403


def test_with_keys_a_name_is_as_good_as_another(start_api: Callable[..., Api]) -> None:
    api = start_api(auth="keys")
    assert_problem(api.client.get("/v1/tasks", headers={"Host": "files.example"}), 401, "unauthorized")
