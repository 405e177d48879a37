"""A request has the same meaning whatever upgrade its client offers, and however it is cut in transit."""

import json
import re
import socket
from collections import Counter
from collections.abc import Sequence
from urllib.parse import quote_from_bytes

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from md5_service.api.http import protocol
from tests.api.conftest import Api
from tests.api.requests import talk

ANOTHER = b"POST /v1/tasks HTTP/1.1\r\nHost: localhost\r\nContent-Length: 8\r\n\r\nsmuggled"
OFFERS = [
    [
        b"Connection: Upgrade, HTTP2-Settings",
        b"Upgrade: h2c",
        b"HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA",
    ],  # curl --http2
    [b"Connection: Upgrade", b"Upgrade: TLS/1.2"],
    [
        b"connection: keep-alive, upgrade",
        b"upgrade: websocket",
        b"Sec-WebSocket-Version: 13",
        b"Sec-WebSocket-Key: eA==",
    ],
    [b"Upgrade: a/1", b"Connection: upgrade", b"Upgrade: b/2"],
    [b"Connection: Upgrade", b"Upgrade:"],
    [b"Upgrade: h2c"],
    [b"Connection: Upgrade"],
]
METHODS = [b"POST", b"GET", b"PUT", b"DELETE", b"HEAD", b"OPTIONS", b"PATCH"]


def chunked(body: bytes, step: int) -> bytes:
    pieces = [body[at : at + step] for at in range(0, len(body), step)]
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def framed(body: bytes, step: int) -> tuple[list[bytes], bytes]:
    """The header that gives the length of the body, and the body in transit; in chunks of this size, if any."""
    return (
        ([b"Transfer-Encoding: chunked"], chunked(body, step)) if step else ([b"Content-Length: %d" % len(body)], body)
    )


def became_of(api: Api, head: Sequence[bytes], body: bytes, cuts: Sequence[int]) -> tuple[list[bytes], list[bytes]]:
    """The statuses of the answers to this request and the next on the same connection, and what was stored."""
    before = set(api.stored())
    last = b"POST /v1/tasks HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 4\r\n\r\nlast"
    whole = b"\r\n".join([*head, b"", body]) + last
    ends = sorted({min(cut, len(whole)) for cut in cuts} | {len(whole)})
    pieces = [whole[begin:end] for begin, end in zip([0, *ends], ends, strict=False)]
    answers = talk(api, *pieces, pause_s=0.002 if len(pieces) > 1 else 0)
    stored = [path.read_bytes() for path in set(api.stored()) - before]
    return re.findall(rb"HTTP/1\.1 (\d+) ", answers), sorted(stored)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    offer=st.sampled_from(OFFERS),
    place=st.integers(0, 3),
    method=st.sampled_from(METHODS),
    body=st.sampled_from([b"", b"abc", ANOTHER]) | st.binary(max_size=300),
    step=st.sampled_from([0, 1, 7, 1000]),
    cuts=st.lists(st.integers(1, 400), max_size=3),
)
@example(offer=OFFERS[0], place=0, method=b"POST", body=ANOTHER, step=0, cuts=[])
@example(offer=OFFERS[0], place=3, method=b"POST", body=ANOTHER, step=7, cuts=[250])
def test_an_offer_to_change_the_protocol_is_ignored(
    api: Api, offer: list[bytes], place: int, method: bytes, body: bytes, step: int, cuts: list[int]
) -> None:
    length, travels = framed(body, step)
    plain = [method + b" /v1/tasks HTTP/1.1", b"Host: localhost", b"Content-Type: application/octet-stream", *length]
    offering = [*plain[: place + 1], *offer, *plain[place + 1 :]]
    answers, stored = became_of(api, offering, travels, cuts)
    assert (answers, stored) == became_of(api, plain, travels, cuts)
    assert len(answers) == 2
    assert stored == sorted([b"last", *([body] if method == b"POST" else [])])


@pytest.mark.parametrize("target", [b"/v1/tasks", b"/", b"example.org:443"])
@pytest.mark.parametrize("length", [b"Content-Length: %d" % len(ANOTHER), b"Transfer-Encoding: chunked", b"X: y"])
@pytest.mark.parametrize("offer", [b"X: y", b"Connection: Upgrade\r\nUpgrade: h2c"])
def test_connect_is_refused_and_what_follows_is_no_request(
    api: Api, target: bytes, length: bytes, offer: bytes
) -> None:
    head = b"\r\n".join([b"CONNECT %s HTTP/1.1" % target, b"Host: localhost", length, offer, b"", b""])
    for pieces in ([head + ANOTHER], [head, ANOTHER], [head[:30], head[30:] + ANOTHER[:40], ANOTHER[40:]]):
        answers = talk(api, *pieces, pause_s=0.01)
        assert re.findall(rb"HTTP/1\.1 (\d+) ", answers) == [b"400"]
    assert api.stored() == []


@pytest.mark.parametrize("asked", ["bytes=0-1", "bytes=x-", "bytes=999999999-", "\xff"])
def test_a_range_means_something_for_the_bytes_of_a_file_only(api: Api, asked: str) -> None:
    for path in ("/", "/v1/tasks", "/openapi.json", "/docs"):
        whole = api.client.get(path)
        again = api.client.get(path, headers=[(b"Range", asked.encode("latin-1"))])
        assert (again.status_code, again.content) == (whole.status_code, whole.content)


ODD_TEXT = st.binary(min_size=1, max_size=20) | st.sampled_from(
    [b"\0", b"\xff", b"..", b"a" * 300, b"\xe2\x80\xae", b"%", b"\\"]
)
ODD_HEADERS = [
    *("Accept", "Accept-Encoding", "Authorization", "Content-Encoding", "Content-Type", "Cookie", "Idempotency-Key"),
    *("If-None-Match", "If-Range", "Origin", "Prefer", "Range", "Repr-Digest", "Traceparent", "X-Request-ID"),
]
HEADER_VALUE = st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_characters="\x7f"), max_size=30)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    place=st.integers(0, 1000),
    text=ODD_TEXT,
    method=st.sampled_from(["GET", "HEAD", "POST", "DELETE"]),
    headers=st.dictionaries(st.sampled_from(ODD_HEADERS), HEADER_VALUE, max_size=3),
)
@example(place=0, text=b"\0", method="GET", headers={"Accept-Encoding": "br"})
@example(place=0, text=b"a" * 300, method="GET", headers={"Accept-Encoding": "br"})
@example(place=1, text=b"", method="GET", headers={"Accept": "application/openmetrics-text;version=\xff"})
@example(place=1, text=b"", method="GET", headers={"Accept": "text/plain;version=9.\xb2;escaping=x"})
def test_whatever_a_path_or_a_header_holds_is_no_fault_of_ours(
    api: Api, place: int, text: bytes, method: str, headers: dict[str, str]
) -> None:
    paths = ["/assets/{name}", "/metrics", "/tasks/{id}", "/docs", "/openapi.json", "/v1/{nothing}", *api_paths(api)]
    path = re.sub(r"{\w+}", quote_from_bytes(text, safe=""), paths[place % len(paths)])
    sent = [(name.encode(), value.strip().encode("latin-1")) for name, value in headers.items()]
    with api.client.stream(method, f"{path}?{quote_from_bytes(text)}", headers=sent) as answer:
        assert answer.status_code < 500 or answer.status_code == 503, (path, sent)


def api_paths(api: Api) -> list[str]:
    return sorted(api.client.get("/openapi.json").json()["paths"])


HELLO = b"POST /v1/tasks HTTP/1.%d\r\n%sConnection: close\r\n\r\n%s"
HOST = b"Host: localhost\r\n"


@pytest.mark.parametrize(
    ("request_", "status", "words"),
    [
        (HELLO % (1, b"", b""), 400, "Host is missing"),
        (
            HELLO % (1, HOST + b"Content-MD5: kAFQmDzST7DWlj99KOF/cg==\r\n" * 2 + b"Content-Length: 0\r\n", b""),
            400,
            "given more than once",
        ),
        (HELLO % (1, HOST, b""), 422, "has no body"),
        (b"POST /v1/tasks\r\nContent-Length: 3\r\n\r\nabc", 400, "names no supported version of HTTP"),
        (b"GET /v1/tasks\r\n\r\n", 400, "names no supported version of HTTP"),
        (HELLO % (0, b"", b"abc"), 411, "Content-Length"),
        (HELLO % (0, b"Transfer-Encoding: chunked\r\n", b"3\r\nabc\r\n0\r\n\r\n"), 411, "Content-Length"),
    ],
)
@pytest.mark.shows("answer 411")
def test_what_is_missing_or_ambiguous_is_told(api: Api, request_: bytes, status: int, words: str) -> None:
    head, _, body = talk(api, request_).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 %d " % status)
    assert words in json.loads(body)["detail"]
    assert api.stored() == []


def test_http_1_0_is_spoken_without_chunks(api: Api) -> None:
    answer = talk(api, b"POST /v1/tasks HTTP/1.0\r\nContent-Length: 3\r\n\r\nabc")
    assert answer.startswith(b"HTTP/1.1 202 ")
    for path, begins in (
        (b"/v1/manifest.md5", b""),
        (b"/docs", b"<!doctype"),
        (b"/openapi.json", b"{"),
        (b"/nothing", b"{"),
    ):
        head, _, body = talk(api, b"GET %s HTTP/1.0\r\n\r\n" % path).partition(b"\r\n\r\n")
        assert b"chunked" not in head.lower()
        assert body.startswith(begins)
    asked = b"GET /v1/tasks/events?id=%s HTTP/1.0\r\n\r\n" % api.hand_over().encode()
    streams = talk(api, asked, until=lambda received: received.partition(b"\r\n\r\n")[2] != b"")
    head, _, body = streams.partition(b"\r\n\r\n")
    assert b"chunked" not in head.lower()
    assert body.startswith((b"event:", b"id:", b"data:", b":", b"retry:"))


def test_several_fields_of_a_list_are_one_list(api: Api) -> None:
    task_id = api.hand_over()
    etag = api.client.get(f"/v1/tasks/{task_id}").headers["etag"]
    several = [("If-None-Match", '"another"'), ("If-None-Match", etag), ("If-None-Match", '"third"')]
    assert api.client.get(f"/v1/tasks/{task_id}", headers=several).status_code == 304
    waited = api.client.get(f"/v1/tasks/{task_id}", headers=[("Prefer", "respond-async"), ("Prefer", "wait=1")])
    assert "wait=1" in waited.headers["preference-applied"]
    accepted = [("Accept", "text/html"), ("Accept", "application/openmetrics-text;version=1.0.0")]
    assert (
        api.client.get("/metrics", headers=accepted).headers["content-type"].startswith("application/openmetrics-text")
    )


GET = b"GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n"


def test_requests_that_do_not_wait_for_answers_get_them_in_order(api: Api) -> None:
    task_id = api.hand_over().encode()
    paths = [b"/healthz", b"/nothing", b"/v1/tasks/%s/file" % task_id, b"/v1/tasks?limit=0", b"/v1/tasks/" + task_id]
    asked = b"".join(GET % path for path in paths)
    answers = talk(api, asked + GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n") % b"/v1/stats")
    assert re.findall(rb"HTTP/1\.1 (\d+) ", answers) == [b"200", b"404", b"200", b"422", b"200", b"200"]


@pytest.fixture
def heads(monkeypatch: pytest.MonkeyPatch) -> Counter[tuple[str, int]]:
    """The number of request heads read on each connection, by the client's address."""
    begun: Counter[tuple[str, int]] = Counter()
    begin = protocol.Protocol.on_message_begin

    def count(served: protocol.Protocol) -> None:
        assert served.client
        begun[served.client] += 1
        begin(served)

    monkeypatch.setattr(protocol.Protocol, "on_message_begin", count)
    return begun


def test_what_comes_behind_a_request_that_waits_is_not_read(api: Api, heads: Counter[tuple[str, int]]) -> None:
    task_id = api.hand_over()
    with (
        socket.create_connection(("127.0.0.1", api.port), timeout=10) as connection,
        connection.makefile("rb") as coming,
    ):
        connection.sendall(GET % b"/v1/tasks/%s/events" % task_id.encode())
        while b"retry" not in coming.readline():
            pass
        for _ in range(10):
            connection.sendall(GET % b"/healthz")
            assert api.client.get("/healthz").status_code == 200  # by now the server has run
        assert heads[connection.getsockname()] == 2
        api.finish(task_id)
        api.flush_log()
        connection.sendall(GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n") % b"/nothing")
        assert re.findall(rb"HTTP/1\.1 (\d+) ", coming.read()) == [b"200"] * 10 + [b"404"]


def test_so_many_requests_wait_for_answers_and_the_connection_ends_after_those(
    api: Api, heads: Counter[tuple[str, int]]
) -> None:
    most = protocol.MOST_UNANSWERED
    whole = talk(api, GET % b"/healthz" * most, until=lambda received: received.count(b'{"status"') == most)
    assert whole.count(b"HTTP/1.1 200 ") == protocol.MOST_UNANSWERED
    assert b"connection: close" not in whole
    began = heads.total()
    answers = talk(api, GET % b"/healthz" * 1000)
    assert heads.total() - began == protocol.MOST_UNANSWERED + 1
    *before, last = answers.split(b"HTTP/1.1 200 ")[1:]
    assert len(before) == protocol.MOST_UNANSWERED - 1
    assert b"connection: close" not in b"".join(before)
    assert b"connection: close" in last
