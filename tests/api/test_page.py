"""The page's files as they are served: small, cached only as long as they are valid, and free of anything that the policy
forbids."""

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import httpx2
import pytest

from md5_service.api.http import index_page
from tests.api.answers import assert_problem
from tests.api.conftest import Api
from tests.checkout import ROOT

FIRST_PAGE_BYTES = 130_000


def needed_at_once(index: str) -> list[str]:
    """The files that the first page loads before it can be shown."""
    return re.findall(r'(?:src|href)="(/assets/[^"]+)"', index)


def bytes_on_the_wire(answer: httpx2.Response) -> int:
    return answer.num_bytes_downloaded


@pytest.mark.parametrize("path", ["/", "/tasks", "/tasks/nonsense", "/contacts", "/phones"])
def test_a_first_page_is_small(api: Api, path: str) -> None:
    index = api.client.get(path)
    files = needed_at_once(index.text)
    assert any(name.endswith(".js") for name in files)
    assert any(name.endswith(".css") for name in files)
    answers = [index, *(api.client.get(name) for name in files)]
    assert sum(bytes_on_the_wire(answer) for answer in answers) <= FIRST_PAGE_BYTES
    assert all(answer.headers["content-encoding"] == "gzip" for answer in answers[1:] if len(answer.content) > 1000)


def test_what_the_build_compressed_is_sent_to_those_who_take_it(api: Api) -> None:
    name = next(name for name in needed_at_once(api.client.get("/").text) if name.endswith(".js"))
    for accepted, sent in (("br", "br"), ("gzip, br;q=0.5", "br"), ("br;q=0, gzip", "gzip"), ("brx", None)):
        with api.client.stream("GET", name, headers={"Accept-Encoding": accepted}) as answer:
            assert answer.headers.get("content-encoding") == sent
            assert answer.headers["content-type"].startswith("text/javascript")
            assert "Accept-Encoding" in answer.headers["vary"]


def test_the_compressed_files_hold_what_the_others_do() -> None:
    packed = sorted((index_page.BUILT / "assets").glob("*.br"))
    assert len(packed) >= 4
    node = shutil.which("node") or ROOT / ".node/bin/node"
    unpack = "process.stdout.write(zlib.brotliDecompressSync(fs.readFileSync(process.argv[1])))"
    for path in packed:
        plain = subprocess.run([node, "-e", unpack, path], check=True, capture_output=True).stdout
        assert plain == path.with_suffix("").read_bytes()


def test_who_takes_no_gzip_gets_the_same_bytes(api: Api) -> None:
    for name in needed_at_once(api.client.get("/").text):
        plain = api.client.get(name, headers={"Accept-Encoding": "identity"})
        assert "content-encoding" not in plain.headers
        assert plain.content == api.client.get(name).content


def test_what_is_named_by_its_content_is_kept_for_ever_and_nothing_else(api: Api) -> None:
    index = api.client.get("/")
    assert index.headers["cache-control"] == "no-cache"
    kept = {name: api.client.get(name).headers["cache-control"] for name in needed_at_once(index.text)}
    assert kept.pop("/assets/favicon.svg") == "no-cache"
    assert set(kept.values()) == {"public, max-age=31536000, immutable"}
    assert api.client.get("/assets/swagger-ui-bundle.js").headers["cache-control"] == "no-cache"


def test_there_is_no_script_or_style_in_the_page_itself(api: Api) -> None:
    index = api.client.get("/").text
    assert re.findall(r"<script(?![^>]* src=)", index) == []
    assert "<style" not in index
    assert "style=" not in index
    assert "//" not in index.replace("</", "")  # no URL of another host


def test_without_a_built_page_the_api_is_all_there(
    start_api: Callable[..., Api], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(index_page, "BUILT", tmp_path / "not built")
    api = start_api()
    assert (api.client.get("/").status_code, api.client.get("/v1/tasks").status_code) == (503, 200)
    assert_problem(api.client.get("/assets/index.js"), 404, "not_found")


IN_A_BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.mark.parametrize("path", ["/nonsense", "/tasks/", "/contacts/", "/tasks/x/", "/help/nothing/"])
def test_what_is_not_there_is_the_page_to_a_browser_and_a_problem_to_programs(api: Api, path: str) -> None:
    shown = api.client.get(path, headers=IN_A_BROWSER)
    assert (shown.status_code, shown.headers["vary"]) == (404, "Accept")
    assert shown.content == api.client.get("/").content
    assert api.client.head(path, headers=IN_A_BROWSER).status_code == 404
    assert_problem(api.client.get(path), 404, "not_found", "There is nothing at")
    changing = api.client.post(path, headers=IN_A_BROWSER)
    assert changing.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("path", ["/v1", "/v1/nothing", "/v1/tasks/x", "/assets/nothing.js"])
def test_a_path_for_programs_is_a_problem_to_a_browser_too(api: Api, path: str) -> None:
    assert_problem(api.client.get(path, headers=IN_A_BROWSER), 404, "not_found")


def test_a_path_that_needs_a_key_is_the_page_to_a_browser_which_asks_for_one(start_api: Callable[..., Api]) -> None:
    api = start_api(auth="keys")
    shown = api.client.get("/nonsense", headers=IN_A_BROWSER)
    assert (shown.status_code, shown.headers["www-authenticate"]) == (401, "Bearer")
    assert "<div id=" in shown.text
    for path in ("/v1/tasks", "/metrics"):
        assert_problem(api.client.get(path, headers=IN_A_BROWSER), 401, "unauthorized")
