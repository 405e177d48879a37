"""Limits per request, per owner and in total: what is at a limit is served, what exceeds it is refused."""

import contextlib
import os
import socket
import time
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import httpx2
import pytest

from md5_service.api.access import rates
from md5_service.api.http import protocol
from tests.api.answers import assert_problem
from tests.api.conftest import Api
from tests.api.requests import BOUNDARY, FILE, form, talk
from tests.client import BUSY_S, TLS, wait_for


def assert_refused(answer: bytes, status: int, code: str) -> None:
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 %d " % status), answer
    assert b"content-type: application/problem+json" in head
    assert f'"code":"{code}"'.encode() in body


@pytest.mark.shows("answer 431")
def test_the_head_of_a_request_has_a_size(start_api: Callable[..., Api]) -> None:
    api = start_api(max_header_bytes=2000)
    request = api.client.build_request("GET", "/v1/tasks", headers={"X": ""})
    size = len(request.url.raw_path) + sum(len(name) + len(value) for name, value in request.headers.raw)
    for header, status in (("x" * (2000 - size), 200), ("x" * (2001 - size), 431)):
        answer = api.client.get("/v1/tasks", headers={"X": header})
        assert answer.status_code == status
    assert_problem(answer, 431, "head_too_large", "2000")
    assert answer.headers["x-request-id"]
    assert_problem(api.client.get("/v1/tasks?filename=" + "x" * 2000), 431, "head_too_large")


def test_a_request_has_so_many_headers(start_api: Callable[..., Api]) -> None:
    api = start_api(max_headers=20)
    given = len(api.client.build_request("GET", "/healthz").headers.raw)
    for more, status in ((20 - given, 200), (21 - given, 431)):
        headers = [(f"X-{number}", "") for number in range(more)]
        assert api.client.get("/healthz", headers=headers).status_code == status


def test_a_head_that_never_ends_is_cut_off(api: Api) -> None:
    block = b"x" * 60_000
    assert_refused(talk(api, b"GET / HTTP/1.1\r\nHost: localhost\r\nX: ", *[block] * 9), 431, "head_too_large")
    assert_refused(talk(api, b"GET /", *[block] * 9), 431, "head_too_large")


CHUNKED = b"POST /v1/tasks HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"


@pytest.mark.parametrize(
    "endless",
    [[b"b" * 60_000] * 12, [b"X-a: " + b"b" * 30_000 + b"\r\n"] * 24],
    ids=["one that never ends", "ever more of them"],
)
def test_trailers_are_cut_off(api: Api, endless: list[bytes]) -> None:
    assert_refused(talk(api, CHUNKED + b"0\r\nX: y\r\nX: ", *endless), 431, "head_too_large")
    wait_for(lambda: api.stored() == [], "what came of it to go")
    head = b"POST /v1/nothing HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: "
    answer = talk(api, head, *endless)
    assert_refused(answer, 404, "not_found")
    assert answer.count(b"HTTP/1.1 ") == 1  # it had its answer and gets no second one


def test_trailers_and_small_chunks_are_no_harm(api: Api) -> None:
    small = b"".join(b"1;x=%d\r\na\r\n" % number for number in range(30_000))
    for body in (b"0\r\nX: y\r\n\r\n", small + b"0\r\n\r\n"):
        answer = talk(api, CHUNKED.replace(b"chunked", b"chunked\r\nConnection: close") + body)
        assert answer.startswith(b"HTTP/1.1 202 "), answer[:200]
    assert sorted(path.stat().st_size for path in api.stored()) == [3, 30_003]


@pytest.mark.parametrize("nonsense", [b"zz\r\n", b"-3\r\n", b"ffffffffffffffffff\r\n", b"3\r\nabcd\r\n"])
def test_chunks_that_are_none_are_told_and_leave_nothing(api: Api, nonsense: bytes) -> None:
    assert_refused(talk(api, CHUNKED + nonsense), 400, "malformed")
    wait_for(lambda: api.stored() == [], "what came of it to go")
    assert api.count() == 0


def test_a_length_of_however_many_digits_is_read(api: Api) -> None:
    head = b"POST /v1/tasks HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: "
    assert talk(api, head + b"0" * 5000 + b"3\r\n\r\nabc").startswith(b"HTTP/1.1 202 ")
    assert_refused(talk(api, head + b"1" * 19 + b"\r\n\r\nabc"), 413, "too_large")
    assert_refused(talk(api, head + b"9" * 5000 + b"\r\n\r\nabc"), 400, "malformed")  # more than the parser can count


def test_bytes_that_are_coded_on_their_way_are_415(api: Api) -> None:
    answer = talk(api, CHUNKED.replace(b"chunked", b"gzip, chunked\r\nConnection: close") + b"0\r\n\r\n")
    assert_refused(answer, 415, "unsupported_media_type")
    assert api.stored() == []


def test_a_host_is_said_once(api: Api) -> None:
    """Otherwise a proxy and the API might read different ones."""
    answer = talk(api, b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\nConnection: close\r\n\r\n")
    assert_refused(answer, 400, "malformed")


def test_so_many_connections_are_served_and_the_next_are_told(start_api: Callable[..., Api]) -> None:
    api = start_api(max_connections=4)
    with contextlib.ExitStack() as held:
        open_ones = [held.enter_context(socket.create_connection(("127.0.0.1", api.port))) for _ in range(3)]
        assert api.client.get("/healthz").status_code == 200  # the fourth connection, which stays open
        with httpx2.Client(base_url=api.url, verify=TLS) as another:
            refused = another.get("/healthz")
            assert_problem(refused, 503, "busy", "connections")
            assert (refused.headers["retry-after"], refused.headers["connection"]) == ("5", "close")
        began = time.monotonic()
        assert talk(api) == b""  # sends nothing, and is closed earlier than others would be
        assert time.monotonic() - began < protocol.ONE_TOO_MANY_S + BUSY_S
        open_ones[0].close()
        wait_for(lambda: httpx2.get(f"{api.url}/healthz", verify=TLS).status_code == 200, "a place")


def test_a_body_is_no_head(api: Api) -> None:
    body = b"x" * 300_000
    head = b"POST /v1/tasks HTTP/1.1\r\nHost: localhost\r\nContent-Length: 300000\r\n%s\r\n"
    answers = talk(api, (head % b"") + body + (head % b"Connection: close\r\n") + body)
    assert answers.count(b"HTTP/1.1 202 ") == 2


def test_a_head_that_does_not_come_is_not_waited_for(start_api: Callable[..., Api]) -> None:
    api = start_api(header_timeout_s=0.5)
    began = time.monotonic()
    assert talk(api) == b""
    slow = [b"GET /healthz HTTP/1.1\r\n", *(b"X-%d: y\r\n" % number for number in range(8))]
    assert_refused(talk(api, *slow, pause_s=0.1), 408, "head_stalled")
    assert time.monotonic() - began < 2 * 0.5 + BUSY_S
    head = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n"
    assert b" 200 " in talk(api, head, b"Connection: close\r\n\r\n", pause_s=0.2)


def test_what_is_sent_after_the_answer_has_an_end_too(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "LINGER_S", 0.3)
    began = time.monotonic()
    head = b"POST /v1/nothing HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99\r\n\r\n"
    answer = talk(api, head, *[b"x"] * 10, pause_s=0.1)
    assert_refused(answer, 404, "not_found")
    assert time.monotonic() - began < 1 + BUSY_S  # the limit for silent connections is longer


@pytest.mark.parametrize(
    "nonsense",
    [
        b"nonsense\r\n\r\n",
        b"\0\0\0\0\r\n\r\n",
        b"GET http://[ HTTP/1.1\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
        b"POST /v1/tasks HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"POST /v1/tasks HTTP/1.1\r\nContent-Length: 99999999999999999999999\r\n\r\n",
        b"POST /v1/tasks HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nabc",
        b"CONNECT example:443 HTTP/1.1\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
)
def test_what_is_no_http_gets_a_problem(api: Api, nonsense: bytes) -> None:
    assert_refused(talk(api, nonsense), 400, "malformed")
    assert api.stored() == []


def part(*headers: bytes) -> dict[str, Any]:
    lines = b"\r\n".join([b'Content-Disposition: form-data; name="file"; filename="a"', *headers])
    body = b"--%s\r\n%s\r\n\r\nx\r\n--%s--\r\n" % (BOUNDARY.encode(), lines, BOUNDARY.encode())
    return {"content": body, "headers": {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}}


def test_a_part_of_a_form_has_so_many_headers_of_such_a_size(start_api: Callable[..., Api]) -> None:
    api = start_api(max_part_headers=4, max_part_header_bytes=1000)
    for request, status in (
        (part(*(b"X-%d: y" % number for number in range(3))), 202),
        (part(*(b"X-%d: y" % number for number in range(4))), 400),
        (part(b"X: " + b"y" * 997), 202),
        (part(b"X: " + b"y" * 998), 400),
    ):
        assert api.client.post("/v1/tasks", **request).status_code == status
    assert len(api.stored()) == 2


def test_a_form_has_so_many_parameters(start_api: Callable[..., Api]) -> None:
    api = start_api(max_parameters=10)
    for more, words in ((10, "Unknown parameter 'p0'"), (11, "more than 10 parameters")):
        answer = api.client.post("/v1/tasks", **form(*((f'name="p{n}"', b"") for n in range(more)), FILE))
        assert_problem(answer, 422, "invalid_input", words)
    query = {f"p{n}": "" for n in range(11)}
    assert_problem(api.client.post("/v1/tasks", params=query), 422, "invalid_input", "more than 10 parameters")


def test_a_form_has_little_besides_its_file(start_api: Callable[..., Api]) -> None:
    whole = form(FILE)
    size = len(whole["content"]) - 1  # the file has one byte
    api = start_api(max_form_bytes=size + 1000)

    def chunked(body: bytes) -> Iterator[bytes]:
        yield body

    for after, status in ((1000, 202), (1001, 413)):
        content = chunked(whole["content"] + b"\n" * after)
        answer = api.client.post("/v1/tasks", content=content, headers=whole["headers"])
        assert answer.status_code == status, answer.text
    assert_problem(answer, 413, "too_large", "besides its file")
    assert len(api.stored()) == 1


@pytest.mark.shows("answer 507")
def test_a_disk_keeps_its_reserve(start_api: Callable[..., Api], monkeypatch: pytest.MonkeyPatch) -> None:
    api = start_api(disk_reserve_bytes=10_000)
    room = 0

    def found(_: object) -> os.statvfs_result:
        return os.statvfs_result((1, 1, 0, 0, room, 0, 0, 0, 0, 255))

    monkeypatch.setattr(os, "statvfs", found)

    def chunked() -> Iterator[bytes]:
        nonlocal room
        yield b"x" * 1_200_000  # more than stays in memory
        wait_for(lambda: len(api.stored()) == 3, "the upload to begin")
        room = 9_999  # others have filled the disk meanwhile
        yield b"x" * 2_000_000

    for room, size, status in ((9_999, 0, 507), (10_000, 0, 202), (11_999, 2000, 507), (12_000, 2000, 202)):  # noqa: B007
        assert api.client.post("/v1/tasks", content=b"x" * size).status_code == status
    room = 20_000
    assert_problem(api.client.post("/v1/tasks", content=chunked()), 507, "storage_full", "nothing was stored")
    assert (len(api.stored()), api.count()) == (2, 2)


@pytest.mark.shows("answer 429")
def test_one_owner_asks_so_often(start_api: Callable[..., Api], monkeypatch: pytest.MonkeyPatch) -> None:
    now_s = 100.0
    monkeypatch.setattr(rates, "time", SimpleNamespace(monotonic=lambda: now_s))
    api = start_api(auth="keys", rate_per_owner=5)
    (_, ann), (_, anns_other), (_, bob) = api.new_key("ann"), api.new_key("ann"), api.new_key("bob")
    answers = [api.client.get("/v1/nothing", headers=(ann, anns_other)[number % 2]) for number in range(6)]
    assert [answer.status_code for answer in answers[:5]] == [404] * 5
    assert_problem(answers[5], 429, "too_many", "5 requests per second")
    assert int(answers[5].headers["retry-after"]) >= 1
    assert api.client.get("/v1/nothing", headers=bob).status_code == 404
    assert api.client.get("/healthz").status_code == 200
    now_s += 0.3
    assert api.client.get("/v1/nothing", headers=ann).status_code == 404


@contextlib.contextmanager
def uploading(api: Api, header: dict[str, str]) -> Iterator[None]:
    """Keeps an upload in progress."""
    lines = "".join(f"{name}: {value}\r\n" for name, value in header.items())
    coming = api.folder / "bucket" / "tmp"
    before = len(list(coming.glob("*")))
    with socket.create_connection(("127.0.0.1", api.port), timeout=10) as connection:
        connection.sendall(f"POST /v1/tasks HTTP/1.1\r\nHost: localhost\r\n{lines}Content-Length: 9\r\n\r\n".encode())
        wait_for(lambda: len(list(coming.glob("*"))) > before, "the upload to begin")
        yield
    wait_for(lambda: len(list(coming.glob("*"))) == before, "the upload to end")


@pytest.mark.shows("answer 503")
def test_so_many_files_come_in_at_the_same_time(start_api: Callable[..., Api]) -> None:
    api = start_api(auth="keys", max_uploads=3, max_uploads_per_owner=2)
    (_, ann), (_, bob) = api.new_key("ann"), api.new_key("bob")
    with uploading(api, ann):
        assert api.client.post("/v1/tasks", content=b"x", headers=ann).status_code == 202
        with uploading(api, ann):
            answer = api.client.post("/v1/tasks", content=b"x", headers=ann)
            assert_problem(answer, 429, "too_many", "2 uploads in progress")
            assert answer.headers["retry-after"]
            assert api.client.get("/v1/tasks", headers=ann).status_code == 200
            assert api.client.post("/v1/tasks", content=b"x", headers=bob).status_code == 202
            with uploading(api, bob):
                answer = api.client.post("/v1/tasks", content=b"x", headers=bob)
                assert_problem(answer, 503, "busy", "3 uploads in progress")
                assert answer.headers["retry-after"]
    for owner in (ann, bob):  # all slots are free again

        def is_taken(owner: dict[str, str] = owner) -> bool:
            with uploading(api, owner):
                return api.client.post("/v1/tasks", content=b"x", headers=owner).status_code == 202

        wait_for(is_taken, "the places to be free")
