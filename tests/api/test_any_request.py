"""Random valid requests: whatever their headers, framing, encoding and segmentation, each creates exactly one task with its own
bytes."""

import base64
import binascii
import json
import random
import re
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass

import pytest
from sqlalchemy import func, select

from md5_task_data.bucket import small_files
from md5_task_data.database.engine import Database
from md5_task_data.schema import tasks as table
from tests.api.conftest import Api
from tests.api.requests import talk

IN_SHORT, IN_LONG = 200, 10_000  # requests
MOST_TOGETHER = 3  # requests on one connection
ANSWER = re.compile(
    rb"HTTP/1\.1 (\d+) [^\r]*\r\n(?:[^\r]+\r\n)*?content-length: (\d+)\r\n(?:[^\r]+\r\n)*\r\n", re.IGNORECASE
)

# Headers that do not change the meaning of a request.
ODD_HEADERS = (
    b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA",
    b"Upgrade: websocket\r\nConnection: keep-alive, Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: eA==",
    b"Connection: upgrade\r\nUpgrade: TLS/1.2, a/1",
    b"Connection: keep-alive\r\nKeep-Alive: timeout=5",
    b"Proxy-Connection: keep-alive",
    b"Expect: 100-continue",
    b"TE: trailers, deflate;q=0.5",
    b"Accept: */*\r\nACCEPT: text/html;q=0.1\r\naccept:",
    b"Accept-Encoding: br, gzip\r\nAccept-Encoding: identity;q=0",
    b"Prefer: respond-async\r\nPrefer: wait=0, foo=bar",
    b"Content-Encoding: identity",
    b"Content-Encoding:  Identity ",
    b"Content-Disposition: attachment; filename=other",
    b"Content-Transfer-Encoding: base64",  # which applies to parts of mails, not to requests
    b"Content-Language: x\r\nContent-Range: bytes 0-1/2",
    b'If-None-Match: *\r\nIf-None-Match: "a", W/"b"',
    b"Range: bytes=0-1",
    b"Cookie: a=b; c\r\nCookie: ; =",
    b"Forwarded: for=1.2.3.4;proto=https\r\nX-Forwarded-For: a, b\r\nX-Forwarded-Host: evil.example",
    b"X-HTTP-Method-Override: DELETE\r\nX-Original-URL: /v1/nothing",
    b"Trailer: X-Later",
    b"User-Agent: \xff\xfe\x80",
    b"X-Empty:\r\nX-Blank: \t ",
    b"X-Long: " + b"a" * 800,
    b"Date: yesterday\r\nMax-Forwards: 0\r\nVia: 1.0 a",
    b"traceparent: 00-zz-zz-00\r\ntracestate: ,,",
    b"X-Request-ID: \xe9\t a",
)
TYPES = (
    b"",
    b"text/plain",
    b"application/x-www-form-urlencoded",
    b"application/json",
    b"multipart/mixed; boundary=b",
    b"\xff",
)
BOUNDARIES = (b"b", b"--", b"----WebKitFormBoundaryAAAA", b"a b'()+_,-./:=?c", b"x" * 70)


@dataclass(frozen=True)
class Sent:
    """One request as bytes, and its expected result."""

    travels: bytes
    content: bytes
    batch: str | None


def any_request(chance: random.Random, *, is_last: bool) -> Sent:
    content = any_content(chance)
    is_old = is_last and chance.random() < 0.1  # HTTP/1.0, after which the connection is closed
    batch = chance.choice([None, "b", "é \t😀"])
    target, headers, body = b"/v1/tasks", [b"Host: localhost"], content
    if chance.random() < 0.5:
        boundary = chance.choice(BOUNDARIES)
        body = any_form(chance, boundary, content, batch)
        headers.append(
            chance.choice(
                [b'Content-Type: multipart/form-data; boundary="%s"', b'CONTENT-TYPE:multipart/form-data;BOUNDARY="%s"']
            )
            % boundary
        )
    else:
        target += b"?" + any_query(chance, batch)
        if kind := chance.choice(TYPES):
            headers.append(b"Content-Type: " + kind)
    headers += chance.sample(ODD_HEADERS, chance.choice([0, 1, 1, 2]))
    if is_old or chance.random() < 0.5:
        headers.append(b"Content-Length: %s%d" % (b"0" * chance.choice([0, 0, 3]), len(body)))
    else:
        headers.append(chance.choice([b"Transfer-Encoding: chunked", b"transfer-encoding:CHUNKED"]))
        body = chunked(chance, body)
    if is_last and not is_old:
        headers.append(b"X-Last: 1\r\nConnection: close")
    chance.shuffle(headers)
    version = b"1.0" if is_old else b"1.1"
    return Sent(b"\r\n".join([b"POST %s HTTP/%s" % (target, version), *headers, b"", body]), content, batch)


def any_content(chance: random.Random) -> bytes:
    """Random content, some of which resembles the framing around it."""
    kinds: list[Callable[[], bytes]] = [
        lambda: b"",
        lambda: chance.randbytes(chance.randrange(1, 2000)),
        lambda: b"POST /v1/tasks HTTP/1.1\r\nHost: localhost\r\nContent-Length: 8\r\n\r\nsmuggled",
        lambda: b"\r\n--b\r\n--b--\r\n0\r\n\r\n",
        lambda: b"=\r\n=3D\r\n" * chance.randrange(1, 40),
        lambda: b"\r\n" * chance.randrange(1, 300),
        lambda: bytes(range(256)) * chance.randrange(1, 257),
    ]
    return chance.choice(kinds)()


def any_query(chance: random.Random, batch: str | None) -> bytes:
    parameters = [chance.choice([b"filename=a", b"filename=%FF%2F%01", b"filename=", b"kind=md5"])]
    if batch is not None:
        parameters.append(b"batch=" + "".join(f"%{byte:02x}" for byte in batch.encode()).encode())
    chance.shuffle(parameters)
    return b"&".join(parameters)


def any_form(chance: random.Random, boundary: bytes, content: bytes, batch: str | None) -> bytes:
    """A form with `content`, which may be encoded; otherwise none of its lines is a boundary."""
    coding = chance.choice([b"", b"binary", b"8bit", b"base64", b"Base64", b"quoted-printable"])
    if coding in (b"", b"binary", b"8bit") and b"\r\n--" + boundary in b"\r\n" + content:
        coding = b"base64"
    travels = content
    if coding.lower() == b"base64":
        lines = base64.encodebytes(content) if chance.random() < 0.5 else base64.b64encode(content)
        travels = lines.replace(b"\n", b"\r\n")
    elif coding == b"quoted-printable":
        travels = re.sub(rb"\r?\n", b"\r\n", binascii.b2a_qp(content, istext=False))
    name = chance.choice([b"a", b"\xff/a b", b'\\"', "é😀".encode(), b"x" * 3000])
    about = chance.choice(
        [
            b'form-data; name="file"; filename="%s"',
            b'form-data;filename="%s";name=file',
            b'FORM-DATA; Name="file"; FileName="%s"',
        ]
    )
    head = [b"Content-Disposition: " + about % name]
    if coding:
        head.append(b"Content-Transfer-Encoding: " + coding)
    if chance.random() < 0.5:
        head.append(chance.choice([b"Content-Type: application/octet-stream", b"content-type:", b"X-Odd: \xff"]))
    chance.shuffle(head)
    parts = [b"\r\n".join([*head, b"", travels])]
    if batch is not None:
        parts.append(b'Content-Disposition: form-data; name="batch"\r\n\r\n' + batch.encode())
    if chance.random() < 0.3:
        parts.append(b'Content-Disposition: form-data; name="kind"\r\nContent-Type: text/plain\r\n\r\nmd5')
    chance.shuffle(parts)
    preamble = chance.choice([b"", b"", b"\r\n", b"for people\r\n", b"--almost\r\n"])
    epilogue = chance.choice([b"\r\n", b"", b"\r\nafterwards"])
    return preamble + b"".join(b"--%s\r\n%s\r\n" % (boundary, part) for part in parts) + b"--%s--" % boundary + epilogue


def chunked(chance: random.Random, body: bytes) -> bytes:
    travels, at = b"", 0
    while at < len(body):
        size = chance.choice([1, 7, 300, 5000]) if len(body) < 5000 else chance.choice([4096, 50_000])
        piece = body[at : at + size]
        at += size
        length = chance.choice([b"%x", b"%X", b"000%x"]) % len(piece)
        travels += length + chance.choice([b"", b"", b";a=b", b';a="b c"']) + b"\r\n" + piece + b"\r\n"
    return travels + chance.choice([b"0\r\n\r\n", b"000\r\n\r\n", b"0;a\r\n\r\n", b"0\r\nX-Later: 1\r\n\r\n"])


def cut(chance: random.Random, whole: bytes) -> list[bytes]:
    """Cut into pieces, most of which arrive one by one."""
    places = sorted(chance.sample(range(len(whole)), chance.choice([0, 0, 1, 2, 5])))
    return [whole[begin:end] for begin, end in zip([0, *places], [*places, len(whole)], strict=True)]


@pytest.mark.timeout(1800)
def test_each_is_one_task_with_its_bytes(
    start_api: Callable[..., Api], is_long: bool, figure: Callable[[str], None], request: pytest.FixtureRequest
) -> None:
    api = start_api(small_file_bytes=1 << 16)
    seed = request.config.getoption("randomly_seed") if is_long else 17
    chance = random.Random(seed)
    wanted, asked, connections = IN_LONG if is_long else IN_SHORT, 0, 0
    with closing(Database(api.settings.database_url)) as database:
        while asked < wanted:
            count = chance.randint(1, MOST_TOGETHER)
            sent = [any_request(chance, is_last=number == count - 1) for number in range(count)]
            pieces = cut(chance, b"".join(one.travels for one in sent))
            said = talk(api, *pieces, pause_s=0.001 if len(pieces) > 1 else 0)
            answers = whole_answers(said)
            about = (
                f"seed {seed}, request {asked}: {[one.travels for one in sent]!r}, in {len(pieces)} pieces: {said!r}"
            )
            assert [status for status, _ in answers] == [b"202"] * count, about
            tasks = [json.loads(body) for _, body in answers]
            with database.reading() as db:
                stored = small_files.get_all(db, [task["id"] for task in tasks])
            assert [stored[task["id"]] for task in tasks] == [one.content for one in sent], about
            assert [(task["size"], task["batch"]) for task in tasks] == [
                (len(one.content), one.batch) for one in sent
            ], about
            asked, connections = asked + count, connections + 1
        with database.reading() as db:
            assert db.scalar(select(func.count()).select_from(table)) == asked  # and no other task exists
    figure(
        f"{asked:,} requests on {connections:,} connections (seed {seed}): each one task with its bytes, 0 of 500 and above"
    )


def whole_answers(said: bytes) -> list[tuple[bytes, bytes]]:
    """The status and body of each answer. Fails for anything that is not a complete answer."""
    found = []
    said = said.replace(b"HTTP/1.1 100 Continue\r\n\r\n", b"")
    while said:
        head = ANSWER.match(said)
        assert head, said
        end = head.end() + int(head[2])
        found.append((head[1], said[head.end() : end]))
        said = said[end:]
    return found
