"""Clients that cost as little as possible, so that they are not what is measured.

One process, uvloop, one connection per client. A request is put together from two constant pieces and the bytes; of an
answer only the status, the length and, if asked for, the id are read.
"""

import asyncio
import hashlib
import itertools
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import cast

import uvloop

SIZE = 4096
POLL_S = 0.001
BOUNDARY = b"----------------------------peers"
FORM_HEAD = (
    b'--%b\r\nContent-Disposition: form-data; name="file"; filename="reads.fastq"\r\n'
    b"Content-Type: application/octet-stream\r\n\r\n" % BOUNDARY
)
FORM_END = b"\r\n--%b--\r\n" % BOUNDARY
_FILLING = os.urandom(SIZE - 8)


def content(number: int) -> bytes:
    """The bytes of a file; they differ for each number."""
    return number.to_bytes(8, "big") + _FILLING


def digest(number: int) -> str:
    return hashlib.md5(content(number)).hexdigest()


@dataclass(frozen=True)
class Request:
    """How a file is uploaded to a service: what precedes and follows its bytes, with and without waiting for the result."""

    before: bytes
    before_waiting: bytes | None  # None: the service cannot wait, and is polled
    after: bytes = b""
    path: str = "/tasks"


def raw_body(path: str, size: int = SIZE) -> Request:
    head = f"POST {path}?filename=reads.fastq HTTP/1.1\r\nHost: localhost\r\nContent-Length: {size}\r\n"
    return Request(f"{head}\r\n".encode(), f"{head}Prefer: wait=20\r\n\r\n".encode(), path=path)


def form(path: str, size: int = SIZE, *, can_wait: bool) -> Request:
    length = len(FORM_HEAD) + size + len(FORM_END)
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n".encode()
    head += b"Content-Type: multipart/form-data; boundary=%b\r\n" % BOUNDARY
    waiting = b"%bPrefer: wait=20\r\n\r\n%b" % (head, FORM_HEAD) if can_wait else None
    return Request(b"%b\r\n%b" % (head, FORM_HEAD), waiting, FORM_END, path)


@dataclass
class Handed:
    """What the clients saw."""

    numbers: list[int] = field(default_factory=list)  # of the accepted files
    took_s: list[float] = field(default_factory=list)
    began_at: float = 0.0
    ended_at: float = 0.0
    cpu_s: float = 0.0  # of the clients themselves


class AnswerWasNo(Exception):
    """An answer other than 2xx."""


class _Connection(asyncio.Protocol):
    """One request at a time; the receiver of the answer sends the next one."""

    def __init__(self) -> None:
        self.answered: Callable[[bytes], None] = lambda _: None
        self.failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._transport: asyncio.Transport | None = None
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's only looks like one

    def send(self, request: bytes) -> None:
        assert self._transport is not None
        self._transport.write(request)

    def close(self) -> None:
        assert self._transport is not None
        self._transport.close()

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, blank, body = self._received.partition(b"\r\n\r\n")
        if not blank or len(body) < _content_length(head):
            return
        self._received = b""
        if head.startswith(b"HTTP/1.1 2"):
            self.answered(body)
        elif not self.failed.done():
            self.failed.set_exception(AnswerWasNo(f"{head!r} {body!r}"))

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.failed.done():
            self.failed.set_exception(exc or ConnectionResetError("the service closed a connection"))


def _content_length(head: bytes) -> int:
    return int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])


def hand_over(port: int, request: Request, numbers: Iterator[int], *, clients: int, seconds: float) -> Handed:
    """Let this many clients upload one file after the other for some seconds. Raises AnswerWasNo, OSError."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_hand_over(port, request, numbers, clients, seconds))


async def _hand_over(port: int, request: Request, numbers: Iterator[int], clients: int, seconds: float) -> Handed:
    loop = asyncio.get_running_loop()
    connections = [(await loop.create_connection(_Connection, "127.0.0.1", port))[1] for _ in range(clients)]
    handed = Handed(began_at=time.perf_counter(), cpu_s=-time.process_time())
    until = handed.began_at + seconds
    ends = [_one_after_the_other(connection, request, numbers, until, handed) for connection in connections]
    for connection, end in zip(connections, ends, strict=True):
        done, _ = await asyncio.wait((end, connection.failed), timeout=60, return_when=asyncio.FIRST_COMPLETED)
        assert done, "no answer in 60 s"
        for each in done:
            each.result()
    handed.ended_at = time.perf_counter()
    handed.cpu_s += time.process_time()
    for connection in connections:
        connection.failed.cancel()
        connection.close()
    await asyncio.sleep(0)  # lets them close
    return handed


def _one_after_the_other(
    connection: _Connection, request: Request, numbers: Iterator[int], until: float, handed: Handed
) -> asyncio.Future[None]:
    """Sends in the callback of the previous answer, because a task for each request would cost more than the request."""
    ended = asyncio.get_running_loop().create_future()
    number, sent_at = 0, 0.0

    def send() -> None:
        nonlocal number, sent_at
        number, sent_at = next(numbers), time.perf_counter()
        connection.send(request.before + content(number) + request.after)

    def answered(_: bytes) -> None:
        now = time.perf_counter()
        handed.took_s.append(now - sent_at)
        handed.numbers.append(number)
        if now < until:
            send()
        else:
            ended.set_result(None)

    connection.answered = answered
    send()
    return ended


def upload_to_done(port: int, request: Request, numbers: Iterator[int], *, most: int, seconds: float) -> Handed:
    """One client, one file at a time, each until the service says it is done: by its own wait if it has one, otherwise by
    polling every millisecond."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_upload_to_done(port, request, numbers, most, seconds))


async def _upload_to_done(port: int, request: Request, numbers: Iterator[int], most: int, seconds: float) -> Handed:
    loop = asyncio.get_running_loop()
    _, connection = await loop.create_connection(_Connection, "127.0.0.1", port)
    handed = Handed(began_at=time.perf_counter())
    for number in itertools.islice(numbers, most):
        sent_at = time.perf_counter()
        answer = await _ask(connection, (request.before_waiting or request.before) + content(number) + request.after)
        while b'"status":"done"' not in answer:
            await asyncio.sleep(POLL_S)
            task_id = answer.partition(b'"id":"')[2].partition(b'"')[0]
            answer = await _ask(connection, b"GET %b/%b HTTP/1.1\r\nHost: x\r\n\r\n" % (request.path.encode(), task_id))
        handed.numbers.append(number)
        handed.took_s.append(time.perf_counter() - sent_at)
        if time.perf_counter() - handed.began_at > seconds:
            break
    handed.ended_at = time.perf_counter()
    connection.failed.cancel()
    connection.close()
    await asyncio.sleep(0)
    return handed


async def _ask(connection: _Connection, request: bytes) -> bytes:
    answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
    connection.answered = answer.set_result
    connection.send(request)
    done, _ = await asyncio.wait((answer, connection.failed), timeout=60, return_when=asyncio.FIRST_COMPLETED)
    assert done, "no answer in 60 s"
    if answer not in done:
        connection.failed.result()
    return answer.result()
