"""HEAD, unknown parameters, and file names as clients write them."""

import time
from collections.abc import Callable

import pytest

from md5_service.api.upload.disposition import parameters
from tests.api.answers import assert_problem
from tests.api.conftest import Api
from tests.api.requests import form
from tests.client import NOBODY


def test_head_answers_as_get_does_without_a_body(api: Api) -> None:
    task_id = api.hand_over()
    paths = (
        "/healthz",
        "/v1/tasks",
        f"/v1/tasks/{task_id}",
        f"/v1/tasks/{task_id}/file",
        "/v1/stats",
        "/metrics",
        "/v1/manifest.md5",
        "/",
    )
    for path in (*paths, f"/v1/tasks/{NOBODY}", "/v1/tasks?limit=0"):
        get, head = api.client.get(path), api.client.head(path)
        assert (head.status_code, head.content) == (get.status_code, b""), path
        for name in ("content-type", "etag", "content-disposition", "accept-ranges"):
            assert head.headers.get(name) == get.headers.get(name), path

    assert api.client.head(f"/v1/tasks/{task_id}/file").headers["content-length"] == "3"


@pytest.mark.shows("an error is a problem document with a stable code; a failed task's too")
@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/v1/tasks?statsu=failed", "batch, created_after, created_before, cursor, filename"),
        ("/v1/tasks/{}?wait=5", "takes no parameters"),
        ("/v1/tasks/{}/file?x", "takes no parameters"),
        ("/v1/tasks/{}/events?id=1", "takes no parameters"),
        ("/v1/tasks/events?id={}&ids=1", "id"),
        ("/v1/stats?kind=md5", "takes no parameters"),
        ("/v1/manifest.md5?limit=5", "batch"),
    ],
)
def test_a_parameter_that_nobody_knows_is_422_and_named(api: Api, path: str, allowed: str) -> None:
    task_id = api.hand_over()
    answer = api.client.get(path.format(task_id))
    assert_problem(answer, 422, "invalid_input", "Unknown parameter '")
    assert allowed in answer.json()["detail"]
    assert_problem(api.client.delete(f"/v1/tasks/{task_id}?force=1"), 422, "invalid_input", "'force'")
    assert api.client.get(f"/v1/tasks/{task_id}").json()["outcome"] is None


NAMES = {
    "a browser's, with a path": (r'filename="C:\dir\name.gz"', r"C:\dir\name.gz"),
    "a share": (r'filename="\\server\share\name"', r"\\server\share\name"),
    "a backslash at its end": ('filename="a\\"', "a\\"),
    "a folder": ('filename="run 7/a;b=c.bam"', "run 7/a;b=c.bam"),
    "upwards": ('filename="../../etc/passwd"', "../../etc/passwd"),
    "a quote by curl": (r'filename="a\"b"', 'a"b'),
    "a quote by a browser": ('filename="a%22b%0A"', "a%22b%0A"),
    "no quotes": ("filename=a.bam", "a.bam"),
    "emoji": ('filename="🧬👩‍🔬.txt"', "🧬👩‍🔬.txt"),
    "right to left": ('filename="\u202egnp.exe"', "\u202egnp.exe"),
    "a newline": ("filename*=utf-8''a%0Ab", "a\nb"),
    "extended": ("filename=\"plain\"; filename*=UTF-8'en'na%C3%AFve%20%E2%82%AC.txt", "naïve €.txt"),
    "extended, before the plain one": ("filename*=iso-8859-1''na%EFve; filename=plain", "naïve"),
    "a part's name in capitals": ('FileName="a"', "a"),
    "empty": ('filename=""', "unnamed"),
    "as long as may be": ('filename="%s"' % ("é" * 4096), "é" * 4096),
}


@pytest.mark.shows("a file name is data")
@pytest.mark.parametrize("case", NAMES)
def test_a_name_is_kept_as_it_was_sent(api: Api, case: str) -> None:
    written, name = NAMES[case]
    answer = api.client.post("/v1/tasks", **form((f'name="file"; {written}', b"abc")))
    assert answer.status_code == 202, answer.text
    assert answer.json()["filename"] == name
    (path,) = api.stored()
    assert path.name == answer.json()["id"]  # the name never becomes part of a path
    assert api.client.get(f"/v1/tasks/{path.name}/file").content == b"abc"


BAD_NAMES = {
    "one character too many": ('filename="%s"' % ("é" * 4097), "at most 4096"),
    "one emoji too many": ("filename*=utf-8''" + "%F0%9F%A7%AC" * 4097, "at most 4096"),
    "NUL": ("filename*=utf-8''a%00b", "NUL"),
    "no charset": ("filename*=abc", "filename*"),
    "an unknown charset": ("filename*=utf-7''abc", "filename*"),
    "no UTF-8": ("filename*=utf-8''%FF", "filename*"),
}


@pytest.mark.parametrize("case", BAD_NAMES)
def test_a_name_that_cannot_be_kept_is_422_and_named(api: Api, case: str) -> None:
    written, words = BAD_NAMES[case]
    answer = api.client.post("/v1/tasks", **form((f'name="file"; {written}', b"abc")))
    assert_problem(answer, 422, "invalid_input", "parameter filename")
    assert words in answer.json()["detail"]
    assert (api.stored(), api.count()) == ([], 0)


def test_a_name_of_10_000_characters_is_told_in_a_form_and_in_a_query(api: Api) -> None:
    name = "x" * 10_000
    in_form = api.client.post("/v1/tasks", **form((f'name="file"; filename="{name}"', b"abc")))
    assert_problem(in_form, 422, "invalid_input", "at most 4096")
    in_long_form = api.client.post("/v1/tasks", **form((f'name="file"; filename="{name * 7}"', b"abc")))
    assert_problem(in_long_form, 400, "malformed", "header size")  # reading stops there
    in_query = api.client.post("/v1/tasks", params={"filename": name}, content=b"abc")
    assert_problem(in_query, 422, "invalid_input", "at most 4096")
    assert (api.stored(), api.count()) == ([], 0)


def test_an_endless_line_about_a_part_is_read_once() -> None:
    began = time.thread_time()
    for about in (b';a="' * 50_000, b";" * 200_000, b';name="' + b'\\"' * 100_000, b";a" + b" " * 200_000):
        parameters(about)
    assert time.thread_time() - began < 2  # takes milliseconds unless it is quadratic


@pytest.mark.shows("answer 415")
def test_bytes_in_another_coding_are_415(api: Api) -> None:
    """With the header it is unclear whether the digest is of the encoded or decoded bytes; without, it is of the bytes sent."""
    for body in ({"content": b"abc"}, {"files": {"file": b"abc"}}):
        answer = api.client.post("/v1/tasks", **body, headers={"Content-Encoding": "gzip"})
        assert_problem(answer, 415, "unsupported_media_type", "Content-Encoding 'gzip'")
        assert answer.headers["accept-encoding"] == "identity"
    assert api.client.post("/v1/tasks", content=b"abc", headers={"Content-Encoding": "Identity"}).status_code == 202
    assert len(api.stored()) == 1


@pytest.mark.parametrize("asks_for_keys", [True, False])
def test_the_document_speaks_of_keys_where_they_are_asked_for(
    start_api: Callable[..., Api], asks_for_keys: bool
) -> None:
    document = start_api(auth="keys" if asks_for_keys else "none").client.get("/openapi.json").json()
    assert ("security" in document["paths"]["/v1/tasks"]["post"]) == asks_for_keys
    assert ("securitySchemes" in document["components"]) == asks_for_keys
