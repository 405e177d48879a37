"""HTTP itself, where uvicorn's parser knows no limits: how many connections there are, how long a head may take to come, how much
of one is held, how many requests wait for the answers before theirs, for how long a client may take nothing of its answer, and go
on sending when it has it. `serve` uses it by itself; else: `--http md5_service.api.main:Protocol`.

What cannot be parsed gets a problem document, too, but no `X-Request-ID`: there is no request.
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

ONE_TOO_MANY_S = 2.0  # the same, on a connection that will only be told so
LINGER_S = 30.0  # for the rest of a body that nobody needs any more: cut off at once, a client may miss its answer
MOST_UNANSWERED = 16  # requests of one connection: the answer to the last of them says that it closes
# That the kernel holds of an answer: it would megabytes, and nobody could see whether they are taken.
MOST_UNSENT_BYTES = 16 << 10
MOST_HEAD_BYTES = 128 << 10  # of a head that is not whole yet; of whole ones `head.RequestHead` knows the exact limit

IDLE, HEAD, BODY = range(3)
LIMITS = "limits"  # the name of these in the lifespan's state


class Limits(NamedTuple):
    """What the settings say: within how many seconds a head must have come in whole, and something of an answer be taken; and how
    many connections are served."""

    header_timeout_s: float
    send_timeout_s: float
    max_connections: int


class _UntilClosed(int):
    """The length of an answer that ends with its connection, as uvicorn compares it with what comes: any number is right."""

    def __lt__(self, other: object) -> bool:
        return False

    def __ne__(self, other: object) -> bool:
        return False

    def __sub__(self, other: object) -> "_UntilClosed":
        return self


class _Flow(FlowControl):
    """Reads on only while the request that came last is being answered: what came behind one that is not would only be held."""

    def __init__(self, protocol: "Protocol") -> None:
        super().__init__(protocol.transport)
        self._protocol = protocol

    def resume_reading(self) -> None:
        if not self._protocol.pipeline and not self._protocol.is_full:
            super().resume_reading()


class Protocol(HttpToolsProtocol):
    """One connection, of HTTP/1 to its end: what a client offers to change to is ignored, as a server may (RFC 9110, 7.8)."""

    _head_s = 0.0
    _receives = IDLE
    _head_bytes = 0  # of a head so far, or between two pieces of a body: sizes of chunks, trailers
    _has_body = False
    _without_upgrade = b""  # the head that has just come, if it offered another protocol
    _limit: asyncio.TimerHandle | None = None
    _send_s = 0.0
    _unsent = math.inf  # bytes of answers, when the present look at them began; infinite: some were taken since
    _look: asyncio.TimerHandle | None = None
    is_full = False  # more requests came than may wait: they are not read, and the connection ends after those that may

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        self.flow = _Flow(self)
        # Several, where a client sends more before it has an answer.
        self._unanswered: deque[RequestResponseCycle] = deque()
        limits: Limits = self.app_state[LIMITS]
        self._head_s, self._send_s = limits.header_timeout_s, limits.send_timeout_s
        self._socket: socket.socket = transport.get_extra_info("socket")
        if hasattr(socket, "TCP_NOTSENT_LOWAT"):
            with contextlib.suppress(OSError):  # no TCP
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
        for cycle in self._unanswered:  # uvicorn tells the last one only
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
        """The parser takes whatever follows an offer to change for the other protocol already, and the request for one without a
        body: it gets such a head once more, without the offer."""
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
            self.parser = httptools.HttpRequestParser(self)  # one that has seen `Connection: close` would read no more
            self.parser.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn has it
            self.parser.feed_data(head)

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._receives == HEAD:  # else it is a trailer, which nobody here asks for
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
        if method == b"CONNECT":  # what follows would be another protocol's, or the next request
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
            if self.scope["http_version"] == "1.0":  # which knows no chunks
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
        self.flow.resume_reading()  # uvicorn has done so while the next request was still in the pipeline
        if self._receives == BODY and self.cycle.response_complete:
            self._within(LINGER_S)

    def _stop_reading(self) -> None:
        """The client sends the rest again, on another connection (RFC 9112, 9.3.2). Raises, for nothing else stops the parser."""
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
        """Whether the client takes something of it in time, also of what is left when the connection is closed."""
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
        """Else the kernel would go on trying, for minutes."""
        with contextlib.suppress(OSError):
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def _within(self, seconds: float | None) -> None:
        """What is being received must have come by then."""
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
        """Whether nothing is being answered, or will be."""
        if self.cycle is None or (self._receives != BODY and self.cycle.response_complete):
            return True
        if self._receives != BODY or self.cycle.response_started or self.pipeline:
            return False
        self.cycle.disconnected = True  # the API has no answer any more, and stops to wait for the rest of the body
        self.cycle.message_event.set()
        return True


async def _one_too_many(scope: Scope, receive: Receive, send: Send) -> None:
    """In the place of the API."""
    if scope["type"] == "http":
        answer = await error_response(
            Request(scope), Busy("The service has too many open connections. Try again soon.")
        )
        answer.headers["Connection"] = "close"
        await answer(scope, receive, send)
