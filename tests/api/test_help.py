"""The documentation under /help, as it is served: complete without other hosts, and with nothing that its policy forbids."""

import base64
import hashlib
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from md5_service.api.routes import help
from tests.api.answers import assert_problem
from tests.api.conftest import Api
from tests.documentation import PAGES

NAMES = sorted(name.removeprefix("docs/").removesuffix(".md") for name in PAGES if name.startswith("docs/"))


def test_every_page_is_there_with_all_that_it_needs(api: Api) -> None:
    needed = set()
    for name in NAMES:
        address = "/help/" if name == "index" else f"/help/{name}/"
        page = api.client.get(address)
        assert page.status_code == 200
        assert page.headers["cache-control"] == "no-cache"
        for target in re.findall(r'<(?:script|link|img)\b[^>]*\b(?:src|href)="?([^\s">]+)', page.text):
            assert "://" not in target, "another host"
            needed.add(str(api.client.build_request("GET", address).url.join(target)))
        policy = page.headers["content-security-policy"]
        for script in re.findall(r"<script>(.*?)</script>", page.text, re.S):
            assert base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() in policy
    assert len(NAMES) >= 20
    assert len(needed) > 5
    assert {url: answer.status_code for url in needed if (answer := api.client.get(url)).status_code != 200} == {}


def test_an_address_without_its_slash_leads_to_the_page(api: Api) -> None:
    assert api.client.get("/help").headers["location"] == "/help/"
    assert api.client.get("/help/use").headers["location"].endswith("/help/use/")


def test_a_page_that_is_not_there_is_not_found(api: Api) -> None:
    assert_problem(api.client.get("/help/nothing/"), 404, "not_found", "/help/nothing/")
    assert api.client.get("/help/nothing/", headers={"Accept": "text/html"}).status_code == 404
    refused = api.client.post("/help/use/")
    assert_problem(refused, 405, "method_not_allowed", "it supports GET, HEAD")
    assert refused.headers["allow"] == "GET, HEAD"


def test_no_page_allows_scripts_of_its_own(api: Api) -> None:
    policy = api.client.get("/help/use/").headers["content-security-policy"]
    scripts = next(part for part in policy.split("; ") if part.startswith("script-src"))
    assert set(re.sub(r"'sha256-[\w+/]{43}='", "digest", scripts).split()) == {"script-src", "'self'", "digest"}


def test_where_it_was_not_built_the_service_says_so(
    start_api: Callable[..., Api], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(help, "BUILT", tmp_path / "nothing")
    answer = start_api().client.get("/help/")
    assert (answer.status_code, answer.text) == (503, help.NOT_BUILT)
