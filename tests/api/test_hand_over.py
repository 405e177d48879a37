"""POST /v1/tasks: an upload is answered with an id at once, or with a problem, and then nothing stays stored."""

import hashlib
import os
import socket
import uuid
from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from md5_task_data import tasks
from md5_task_data.database.engine import Database
from tests.api.answers import assert_problem
from tests.api.conftest import Api
from tests.api.requests import BOUNDARY, FILE, chunks, form


@pytest.mark.shows("POST /v1/tasks")
@pytest.mark.parametrize(
    "content", [b"", b"x", b"\r\n--boundary", os.urandom(3 << 20)], ids=["0", "1", "tricky", "3 MiB"]
)
@pytest.mark.parametrize("how", ["form", "raw"])
def test_the_bytes_are_stored_as_sent_and_the_id_comes_at_once(api: Api, content: bytes, how: str) -> None:
    if how == "form":
        answer = api.client.post("/v1/tasks", files={"file": ("reads.fastq", content)})
    else:
        answer = api.client.post("/v1/tasks", params={"filename": "reads.fastq"}, content=content)
    assert answer.status_code == 202, answer.text
    task = answer.json()
    assert answer.headers["location"] == f"/v1/tasks/{task['id']}"
    assert answer.headers["retry-after"] == "1"
    assert uuid.UUID(task["id"]).version == 7
    assert (task["status"], task["outcome"], task["kind"], task["attempt"]) == ("queued", None, "md5", 0)
    assert (task["filename"], task["size"]) == ("reads.fastq", len(content))
    assert api.client.get(answer.headers["location"]).json() == task
    (stored,) = api.stored()
    assert hashlib.md5(stored.read_bytes()).digest() == hashlib.md5(content).digest()


def test_where_nobody_traces_the_trace_of_a_client_is_not_kept(api: Api) -> None:
    given = {"traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}
    answer = api.client.post("/v1/tasks", content=b"abc", headers=given).json()
    assert "traceparent" not in answer
    with Database(api.settings.database_url).reading() as db:
        assert tasks.get(db, "local", answer["id"])["traceparent"] is None


@pytest.mark.shows("POST /v1/tasks")
def test_the_parameters_of_a_form_may_come_before_and_after_the_file(api: Api) -> None:
    answer = api.client.post(
        "/v1/tasks",
        **form(
            ('name="batch"', "run 7 é".encode()),
            ('name="file"; filename="a.bam"', b"abc"),
            ('name="expected_md5"', b"900150983CD24FB0D6963F7D28E17F72"),
            ('name="kind"', b"md5"),
        ),
    )
    assert answer.status_code == 202, answer.text
    task = answer.json()
    assert (task["batch"], task["kind"]) == ("run 7 é", "md5")
    assert task["params"] == {"expected_md5": "900150983cd24fb0d6963f7d28e17f72"}


@pytest.mark.shows("POST /v1/tasks")
def test_the_parameters_of_a_raw_body_come_in_the_query(api: Api) -> None:
    query = {"kind": "md5", "filename": "ü/../x", "batch": "b", "expected_md5": "0" * 32}
    task = api.client.post("/v1/tasks", params=query, content=b"x").json()
    assert (task["filename"], task["batch"], task["params"]) == ("ü/../x", "b", {"expected_md5": "0" * 32})


def test_the_name_of_a_file_is_taken_from_the_parameter_before_the_form_and_said_once(api: Api) -> None:
    parts = form(('name="file"; filename="in the form"', b"x"))
    assert api.client.post("/v1/tasks?filename=query", **parts).json()["filename"] == "query"
    parts = form(('name="filename"', b"field"), ('name="file"; filename="in the form"', b"x"))
    assert api.client.post("/v1/tasks", **parts).json()["filename"] == "field"
    for query in ("filename=query", "filename=%00"):
        assert_problem(
            api.client.post(f"/v1/tasks?{query}", **parts), 422, "invalid_input", "filename was given more than once"
        )


@pytest.mark.shows("POST /v1/tasks")
def test_what_curl_sends_by_default_is_a_raw_body(api: Api) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    task = api.client.post("/v1/tasks", content=b"file=x&kind=y", headers=headers).json()
    assert (task["size"], task["filename"]) == (13, "unnamed")


@pytest.mark.parametrize(
    "preamble", [b"\r\n", b"for people\r\n", b"--\r\n\n" * 3000, f"{BOUNDARY}\r\n--{BOUNDARY[:-1]}\n".encode()]
)
def test_what_comes_before_a_form_is_for_people(api: Api, preamble: bytes) -> None:
    whole = form(FILE)
    answer = api.client.post("/v1/tasks", **(whole | {"content": preamble + whole["content"]}))
    assert (answer.status_code, answer.json().get("size")) == (202, 1)


def test_a_file_without_a_name_is_one_and_so_is_an_empty_one_with_a_name(api: Api) -> None:
    for about, content in (('name="file"; filename=""', b"x"), ('name="file"; filename="a"', b"")):
        answer = api.client.post("/v1/tasks", **form((about, content)))
        assert (answer.status_code, answer.json().get("size")) == (202, len(content))


BAD_FORMS: dict[str, tuple[dict[str, Any], int, str, str]] = {
    "no file": (form(('name="kind"', b"md5")), 422, "invalid_input", "parameter file is required"),
    "text for a file, as curl -F file=PATH sends it": (
        form(('name="file"', b"a.bin")),
        422,
        "invalid_input",
        "-F file=@PATH",
    ),
    "no file chosen": (form(('name="file"; filename=""', b"")), 422, "invalid_input", "no file was chosen"),
    "two files": (form(FILE, FILE), 422, "invalid_input", "given more than once"),
    "a parameter twice": (form(('name="batch"', b"a"), ('name="batch"', b"b"), FILE), 422, "invalid_input", "batch"),
    "unknown kind": (form(FILE, ('name="kind"', b"sha1")), 422, "invalid_input", "one of: md5"),
    "unknown parameter": (form(FILE, ('name="expected"', b"x")), 422, "invalid_input", "expected_md5"),
    "bad digest": (form(FILE, ('name="expected_md5"', b"x")), 422, "invalid_input", "32 hexadecimal"),
    "part without a name": (form(("", b"x"), FILE), 400, "malformed", "no name"),
    "cut off": (form(FILE, end=False), 400, "malformed", "closing boundary"),
    "not a form": ({**form(), "content": b"hello"}, 400, "malformed", ""),
    "empty": ({**form(), "content": b""}, 400, "malformed", ""),
    "no boundary": (
        {"content": b"x", "headers": {"Content-Type": "multipart/form-data"}},
        400,
        "malformed",
        "boundary",
    ),
    "a boundary that none may be": (
        {**form(FILE), "headers": {"Content-Type": f'multipart/form-data; boundary="{BOUNDARY}\t"'}},
        400,
        "malformed",
        "RFC 2046",
    ),
    "long parameter": (form(('name="batch"', b"x" * (64 * 1024 + 1)), FILE), 422, "invalid_input", "longer than"),
    "long name": (form(('name="file"; filename="%s"' % ("x" * 4097), b"x")), 422, "invalid_input", "at most 4096"),
    "NUL in the batch": (form(('name="batch"', b"a\0b"), FILE), 422, "invalid_input", "NUL"),
    "many parameters": (
        form(*((f'name="p{n}"', b"") for n in range(101)), FILE),
        422,
        "invalid_input",
        "100 parameters",
    ),
}


@pytest.mark.shows("answer 400")
@pytest.mark.parametrize("case", BAD_FORMS)
def test_a_bad_form_gets_a_problem_and_nothing_is_kept(api: Api, case: str) -> None:
    request, status, code, words = BAD_FORMS[case]
    assert_problem(api.client.post("/v1/tasks", **request), status, code, words)
    assert (api.stored(), api.count()) == ([], 0)


BAD_QUERIES = {
    "kind=sha1": "one of: md5",
    "expected_md5=0": "32 hexadecimal",
    "expected_md5=%C2%A0" + "0" * 32: "32 hexadecimal",  # a non-ASCII space
    "nonsense=1": "Unknown parameter",
    "batch=a&batch=b": "given more than once",
    "filename=" + "x" * 4097: "at most 4096",
    "filename=a%00b": "NUL",
}


@pytest.mark.shows("answer 422")
@pytest.mark.parametrize("query", BAD_QUERIES)
def test_a_bad_query_gets_a_problem_and_nothing_is_kept(api: Api, query: str) -> None:
    assert_problem(api.client.post(f"/v1/tasks?{query}", content=b"x"), 422, "invalid_input", BAD_QUERIES[query])
    assert (api.stored(), api.count()) == ([], 0)


@pytest.mark.shows("answer 413")
@pytest.mark.parametrize("how", ["declared", "chunked", "form"])
def test_the_largest_file_is_taken_and_one_byte_more_is_not(start_api: Callable[..., Api], how: str) -> None:
    limit = 2_500_000
    api = start_api(max_upload_bytes=limit)

    def send(size: int) -> httpx2.Response:
        if how == "form":
            return api.client.post("/v1/tasks", files={"file": ("a", b"x" * size)})
        return api.client.post("/v1/tasks", content=b"x" * size if how == "declared" else chunks(size))

    assert send(limit).status_code == 202
    assert_problem(send(limit + 1), 413, "too_large", str(limit))
    assert (len(api.stored()), api.count()) == (1, 1)


@pytest.mark.shows("answer 413")
def test_a_length_beyond_the_limit_is_refused_before_the_body_comes(start_api: Callable[..., Api]) -> None:
    api = start_api(max_upload_bytes=1000)
    with socket.create_connection(("127.0.0.1", api.port), timeout=10) as connection:
        connection.sendall(b"POST /v1/tasks HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999\r\n\r\n")
        assert b" 413 " in connection.recv(1000).partition(b"\r\n")[0]


@pytest.mark.parametrize("query", ["expected_md5=zz", "kind=sha1", "nonsense=1", "filename=%00"])
def test_a_wrong_parameter_of_a_raw_body_is_told_before_the_body_is_sent(api: Api, query: str) -> None:
    with socket.create_connection(("127.0.0.1", api.port), timeout=10) as connection:
        head = f"POST /v1/tasks?{query} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 999999\r\nExpect: 100-continue\r\n\r\n"
        connection.sendall(head.encode())
        assert b" 422 " in connection.recv(1000).partition(b"\r\n")[0]
