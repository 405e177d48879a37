"""Limits on HTTP connections that uvicorn's parser does not have: the number of connections, the time and memory that a request
head may take, the number of pipelined requests, and the time for which a client may read nothing of its answer or go on sending
after it. `serve` uses this class automatically; elsewhere it needs `--http md5_service.api.main:Protocol`.

A request that cannot be parsed also gets a problem document, but without an `X-Request-ID`.
"""

import asyncio
import contextlib
import math
import socket
import struct
from collections import deque
from typing import NamedTuple

import httptools
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from md5_service.api.http.errors import answer_to, error_response, problem
from md5_task_data.errors import Busy, HeadTooLarge, Malformed, TaskDataError

ONE_TOO_MANY_S = 2.0  # for the head of a request on a connection beyond the limit, which is only answered with 503
LINGER_S = 30.0  # for the rest of a body after its answer: a client that is cut off at once may miss the answer
MOST_UNANSWERED = 16  # pipelined requests of one connection; the answer to the last one closes it
# Bytes of an answer that the kernel buffers. Its default is megabytes, which would hide whether the client reads them.
MOST_UNSENT_BYTES = 16 << 10
MOST_HEAD_BYTES = 128 << 10  # of an incomplete head; `head.RequestHead` has the exact limit for complete ones

IDLE, HEAD, BODY = range(3)
LIMITS = "limits"  # the key of `Limits` in the lifespan state


class Limits(NamedTuple):
    """From the settings: seconds within which a request head must be complete, seconds within which a client must read some of
    its answer, and the number of connections."""

    header_timeout_s: float
    send_timeout_s: float
    max_connections: int


class _UntilClosed(int):
    """The length of an answer that ends with its connection: equal to any number of bytes that uvicorn compares it with."""

    def __lt__(self, other: object) -> bool:
        return False

    def __ne__(self, other: object) -> bool:
        return False

    def __sub__(self, other: object) -> "_UntilClosed":
        return self


class _Flow(FlowControl):
    """Resumes reading only when no request is waiting: requests behind a waiting one would only be buffered."""

    def __init__(self, protocol: "Protocol") -> None:
        super().__init__(protocol.transport)
        self._protocol = protocol

    def resume_reading(self) -> None:
        if not self._protocol.pipeline and not self._protocol.is_full:
            super().resume_reading()


class Protocol(HttpToolsProtocol):
    """One HTTP/1 connection. Offers to upgrade to another protocol are ignored, as RFC 9110, 7.8 allows."""

    _head_s = 0.0
    _receives = IDLE
    _head_bytes = 0  # of the head so far, or of chunk sizes and trailers since the last piece of the body
    _has_body = False
    _without_upgrade = b""  # the head just parsed, without its upgrade offer
    _limit: asyncio.TimerHandle | None = None
    _send_s = 0.0
    _unsent = math.inf  # bytes unsent when the current check was scheduled; infinite if the client has read some since
    _look: asyncio.TimerHandle | None = None
    is_full = False  # too many pipelined requests: no more are read, and the connection closes after those accepted

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # uvicorn declares it so
        super().connection_made(transport)
        self.flow = _Flow(self)
        # More than one if the client pipelines.
        self._unanswered: deque[RequestResponseCycle] = deque()
        limits: Limits = self.app_state[LIMITS]
        self._head_s, self._send_s = limits.header_timeout_s, limits.send_timeout_s
        self._socket: socket.socket = transport.get_extra_info("socket")
        if hasattr(socket, "TCP_NOTSENT_LOWAT"):
            with contextlib.suppress(OSError):  # a Unix socket
                self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, MOST_UNSENT_BYTES)
        if len(self.connections) > limits.max_connections:
            self.app = _one_too_many
            self._head_s = min(self._head_s, ONE_TOO_MANY_S)
        self._within(self._head_s)

    def connection_lost(self, exc: Exception | None) -> None:
        self._within(None)
        if self._look is not None:
            self._look.cancel()
        super().connection_lost(exc)
        for cycle in self._unanswered:  # uvicorn notifies only the last one
            cycle.disconnected = True
            cycle.message_event.set()

    def data_received(self, data: bytes) -> None:
        before, self._has_body = self.headers, False
        self._unset_keepalive_if_required()
        try:
            self._parse(memoryview(data))
        except httptools.HttpParserError:
            if self.is_full:
                return
            self._refuse(Malformed("The request violates HTTP/1.1 (RFC 9112)."))
            return
        if (self._receives == HEAD and self.headers is before) or (self._receives == BODY and not self._has_body):
            self._head_bytes += len(data)
            if self._head_bytes > MOST_HEAD_BYTES:
                what = "The headers of the request, or the data around the chunks of its body,"
                self._refuse(HeadTooLarge(f"{what} exceed {MOST_HEAD_BYTES} bytes."))

    def _parse(self, data: memoryview) -> None:
        """Feed the parser. It treats what follows an upgrade offer as the other protocol, and the request as one without a body;
        it is therefore given such a head a second time, without the offer."""
        while data:
            try:
                self.parser.feed_data(data)
                return
            except httptools.HttpParserUpgrade as upgrade:
                (of_head,) = upgrade.args
                data = data[of_head:]
            if self.transport.is_closing():  # CONNECT
                return
            head, self._without_upgrade = self._without_upgrade, b""
            self.parser = httptools.HttpRequestParser(self)  # the old one reads nothing after `Connection: close`
            self.parser.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn does
            self.parser.feed_data(head)

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._receives == HEAD:  # otherwise it is a trailer, which is not used
            super().on_header(name, value)

    def on_body(self, body: bytes) -> None:
        self._has_body, self._head_bytes = True, 0
        super().on_body(body)

    def on_message_begin(self) -> None:
        self._receives, self._head_bytes = HEAD, 0
        self._within(self._head_s)
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        method = self.parser.get_method()
        if method == b"CONNECT":  # the bytes after it would be another protocol or the next request
            self._refuse(Malformed("CONNECT is not supported: this server is not a proxy."))
            return
        if self.parser.should_upgrade():
            kept = [b"%s: %s\r\n" % header for header in self.headers if header[0] != b"upgrade"]
            version = self.parser.get_http_version().encode()
            self._without_upgrade = b"".join([b"%s %s HTTP/%s\r\n" % (method, self.url, version), *kept, b"\r\n"])
            return
        if len(self._unanswered) >= MOST_UNANSWERED:
            self._stop_reading()
        self._receives, self._head_bytes = BODY, 0
        self._within(None)
        super().on_headers_complete()
        if self.cycle is not None:
            self._unanswered.append(self.cycle)
            if self.scope["http_version"] == "1.0":  # it has no chunked encoding
                self.cycle.chunked_encoding, self.cycle.expected_content_length = False, _UntilClosed()

    def on_message_complete(self) -> None:
        if self._without_upgrade:
            return
        self._receives = IDLE
        self._within(None)
        super().on_message_complete()

    def on_response_complete(self) -> None:
        self._unanswered.popleft()
        super().on_response_complete()
        self._look_at_unsent()
        self.flow.resume_reading()  # uvicorn resumed while the next request was still in the pipeline
        if self._receives == BODY and self.cycle.response_complete:
            self._within(LINGER_S)

    def _stop_reading(self) -> None:
        """Close after the requests accepted so far; the client retries the rest on another connection (RFC 9112, 9.3.2). Raises
        HttpParserError, the only way to stop the parser."""
        self.is_full = True
        self._within(None)
        self.flow.pause_reading()
        self._unanswered[-1].keep_alive = False
        raise httptools.HttpParserError

    def pause_writing(self) -> None:
        super().pause_writing()
        self._look_at_unsent()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._unsent = math.inf

    def _look_at_unsent(self) -> None:
        """Check that the client reads some of the answer in time, even after the connection was asked to close."""
        unsent = self.transport.get_write_buffer_size()
        if unsent and self._look is None:
            self._unsent = unsent
            self._look = self.loop.call_later(self._send_s, self._end_unless_taken)

    def _end_unless_taken(self) -> None:
        self._look = None
        if self.transport.get_write_buffer_size() >= self._unsent:
            self._forget_unsent()
            self.transport.abort()
        else:
            self._look_at_unsent()

    def _forget_unsent(self) -> None:
        """Discard unsent bytes on close; the kernel would keep sending for minutes."""
        with contextlib.suppress(OSError):
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def _within(self, seconds: float | None) -> None:
        """Set the deadline for what is being received; None: no deadline."""
        if self._limit is not None:
            self._limit.cancel()
        self._limit = None if seconds is None else self.loop.call_later(seconds, self._is_late)

    def _is_late(self) -> None:
        if self._receives == HEAD:
            within = f"within {self._head_s:g} s"
            self._answer_and_close(
                problem(
                    "head_stalled", f"The request line and headers did not arrive {within}. Send the request again."
                )
            )
        self.transport.close()

    def _refuse(self, error: TaskDataError) -> None:
        self._answer_and_close(answer_to(error))

    def _answer_and_close(self, answer: JSONResponse) -> None:
        if self._may_answer() and not self.transport.is_closing():
            answer.headers["Connection"] = "close"
            fields = (b"%s: %s\r\n" % header for header in answer.raw_headers)
            lines = [STATUS_LINE[answer.status_code], *fields, b"\r\n"]
            self.transport.write(b"".join([*lines, bytes(answer.body)]))
        self.transport.close()

    def _may_answer(self) -> bool:
        """Whether no other answer is being sent, or will be, on this connection."""
        if self.cycle is None or (self._receives != BODY and self.cycle.response_complete):
            return True
        if self._receives != BODY or self.cycle.response_started or self.pipeline:
            return False
        self.cycle.disconnected = True  # the API's answer would be dropped; this ends its wait for the body
        self.cycle.message_event.set()
        return True


async def _one_too_many(scope: Scope, receive: Receive, send: Send) -> None:
    """An ASGI app that takes the API's place on a connection beyond the limit: it answers 503."""
    if scope["type"] == "http":
        answer = await error_response(Request(scope), Busy("The service has too many open connections. Retry soon."))
        answer.headers["Connection"] = "close"
        await answer(scope, receive, send)
