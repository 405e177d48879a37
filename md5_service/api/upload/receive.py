"""Bytes off the wire into the bucket: a multipart form or a raw body, streamed, with flat memory for any size."""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from fastapi import Request
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.exceptions import HTTPException

from md5_service.api.upload import decoding, digests, disposition
from md5_service.api.upload.sink import Sink, too_large
from md5_service.settings import Settings
from md5_task_data import names
from md5_task_data.errors import InvalidInput, Malformed, TooLarge

MAX_FIELD_BYTES = 64 << 10
LONGEST_SIZE = 20  # digits that are looked at: what has more is too large anyway
BOUNDARY = re.compile(rb"[!-~ ]*[!-~]")  # the parser would look for others, too, and find them in the wrong places


@dataclass
class Received:
    """What came with the bytes: the parameters by name, the file's name (None: only a parameter can say it), the MD5s by
    header."""

    max_parameters: int
    fields: dict[str, str] = field(default_factory=dict)
    filename: str | None = None
    digests: Mapping[str, str] = field(default_factory=dict)

    def add(self, name: str, value: str) -> None:
        if name in self.fields:
            raise InvalidInput(f"parameter {name[:100]}: given twice")
        if len(self.fields) >= self.max_parameters:
            raise InvalidInput(f"more than {self.max_parameters} parameters")
        self.fields[name] = value if name == "filename" else names.as_text(value)  # of a name, what is no text is kept


def request_head(request: Request, settings: Settings) -> Received:
    """What query and headers say of the body that follows. Raises InvalidInput, HTTPException(411, 415)."""
    if "content-length" not in request.headers:
        if request.scope["http_version"] == "1.0":  # whose bodies end with the connection, also where it breaks off
            raise HTTPException(411, "an upload by HTTP/1.0 needs a Content-Length; or use HTTP/1.1")
        if "transfer-encoding" not in request.headers:
            raise InvalidInput(
                "the request has no body; send the bytes of the file as the body, or as the part `file` of a form"
            )
    coding = request.headers.get("content-encoding", "").lower()
    if {each.strip() for each in coding.split(",")} - {"identity", ""}:
        detail = (
            f"header Content-Encoding: {coding[:40]!r}; files are taken as they are, so send it without this header"
        )
        raise HTTPException(415, detail, {"Accept-Encoding": "identity"})  # RFC 9110, 15.5.16
    if (coding := request.headers.get("transfer-encoding", "chunked").strip().lower()) != "chunked":
        raise HTTPException(415, f"header Transfer-Encoding: {coding[:40]!r}; `chunked` is all that can be read here")
    received = Received(settings.max_parameters, digests=digests.of(request.headers))
    query = request.scope["query_string"].decode("latin-1")
    for name, value in parse_qsl(query, keep_blank_values=True, errors="surrogateescape"):
        received.add(names.as_text(name), value)
    return received


def boundary_of(request: Request) -> bytes | None:
    """What parts the body, where it is a form and parameters may follow in it; None: a raw body, the query has them all."""
    content_type, options = parse_options_header(request.headers.get("content-type"))
    return options.get(b"boundary", b"") if content_type == b"multipart/form-data" else None


def check_size(request: Request, boundary: bytes | None, settings: Settings) -> int:
    """The bytes that are to come, 0 where nobody says. Raises TooLarge."""
    declared = request.headers.get("content-length", "0").lstrip("0")
    size = int(declared[:LONGEST_SIZE]) if declared.isdecimal() else 0
    if boundary is None and size > settings.max_upload_bytes:
        raise too_large(settings.max_upload_bytes)
    if size > settings.max_upload_bytes + settings.max_form_bytes:
        most = f"{settings.max_upload_bytes} bytes of a file, and {settings.max_form_bytes} besides"
        raise TooLarge(f"the form is larger than is taken here: {most}; nothing was kept")
    return size


async def receive(request: Request, boundary: bytes | None, received: Received, sink: Sink, settings: Settings) -> None:
    """Read the whole body into `sink`, and the parameters of a form into `received`; `boundary` as `boundary_of` has it.

    Raises Malformed, InvalidInput, TooLarge, StorageFull, DependencyAway, HTTPException(408).
    """
    chunks = _chunks(request, settings.upload_idle_s)
    if boundary is not None:
        await _read_form(chunks, boundary, received, sink, settings)
    else:
        async for chunk in chunks:
            sink.add(chunk)
            await sink.pass_on()
    await sink.finish()


async def _chunks(request: Request, idle_s: float) -> AsyncIterator[bytes]:
    is_more = True
    while is_more:
        try:
            async with asyncio.timeout(idle_s):
                message = await request.receive()
        except TimeoutError:
            detail = f"nothing came for {idle_s:g} s; nothing was kept, hand the file over again"
            raise HTTPException(408, detail) from None
        if message["type"] == "http.disconnect":
            raise Malformed("the body ended before it was complete; nothing was kept")
        is_more = message.get("more_body", False)
        if chunk := message.get("body"):
            yield chunk


async def _read_form(
    chunks: AsyncIterator[bytes], boundary: bytes, received: Received, sink: Sink, settings: Settings
) -> None:
    if not boundary:
        raise Malformed("the Content-Type of the form names no boundary")
    if not BOUNDARY.fullmatch(boundary):
        raise Malformed("the boundary of the form has characters that none may have (RFC 2046)")
    form = _Form(received, sink)
    try:
        parser = MultipartParser(
            boundary,
            form.callbacks(),  # type: ignore[arg-type]  # its type exists for checkers only
            max_header_count=settings.max_part_headers,
            max_header_size=settings.max_part_header_bytes,
        )
        size = 0
        opening = re.compile(b"\n--" + re.escape(boundary) + b"(?=[\\s-])")  # and no longer name
        preamble, has_begun = b"\n", False
        async for chunk in chunks:
            size += len(chunk)
            if not has_begun:  # what comes before the first boundary is for people (RFC 2046, 5.1.1)
                preamble += chunk
                found = opening.search(preamble)
                has_begun = found is not None
                begin = found.start() + 1 if found else len(preamble)
                chunk, preamble = preamble[begin:], b"" if has_begun else preamble[-len(opening.pattern) :]
            if chunk:
                parser.write(chunk)
                await sink.pass_on()
            if size - form.file_bytes(sink.size) > settings.max_form_bytes:
                most = settings.max_form_bytes
                raise TooLarge(f"the form has more than {most} bytes besides its file; nothing was kept")
        parser.finalize()
    except FormParserError as error:
        raise Malformed(f"the form could not be read: {error}") from None
    if not has_begun:
        raise Malformed("the form has no boundary as its Content-Type names it")
    if not form.complete:
        raise Malformed("the form ended before its last boundary; nothing was kept")
    if not form.has_file:
        raise InvalidInput("parameter file: required; the form has no part of this name")


class _Form:
    """Callbacks of the parser (RFC 7578): the part `file` goes to the sink, every other one is a parameter."""

    def __init__(self, received: Received, sink: Sink) -> None:
        self.complete = False
        self.has_file = False
        self._received = received
        self._sink = sink
        self._header = (bytearray(), bytearray())
        self._name = ""
        self._in_file = False
        self._value = bytearray()
        self._decoder: decoding.Decoder | None = None
        self._file_travelled = 0

    def file_bytes(self, decoded: int) -> int:
        """Those of the body that are the file's, of which so many were decoded; not those of an encoding that go for nothing."""
        return min(self._file_travelled, decoding.MOST_GROWTH * decoded)

    def callbacks(self) -> dict[str, object]:
        return {
            "on_part_begin": self._part_begin,
            "on_header_field": lambda data, start, end: self._header[0].extend(data[start:end]),
            "on_header_value": lambda data, start, end: self._header[1].extend(data[start:end]),
            "on_header_end": self._header_end,
            "on_headers_finished": self._headers_finished,
            "on_part_data": self._part_data,
            "on_part_end": self._part_end,
            "on_end": self._end,
        }

    def _part_begin(self) -> None:
        self._name, self._in_file, self._value = "", False, bytearray()
        self._filename: str | None = None
        self._encoding: str | None = None
        self._header = (bytearray(), bytearray())

    def _header_end(self) -> None:
        name, value = self._header
        if bytes(name).lower() == b"content-disposition":
            about = disposition.parameters(bytes(value))
            self._name = names.as_text(about.get("name", ""))
            self._filename = about.get("filename")
        elif bytes(name).lower() == b"content-transfer-encoding":
            if self._encoding is not None:
                raise Malformed("Content-Transfer-Encoding of a part: given twice")
            self._encoding = value.decode(errors="replace")
        self._header = (bytearray(), bytearray())

    def _headers_finished(self) -> None:
        if not self._name:
            raise Malformed("a part of the form has no name")
        self._decoder = decoding.decoder_of(self._encoding or "binary")
        if self._name == "file":
            if self.has_file:
                raise InvalidInput("parameter file: given twice; hand over one file at a time")
            if self._filename is None:
                raise InvalidInput(
                    "parameter file: it is text, not a file; with curl, an @ goes before the path: -F file=@PATH"
                )
            self.has_file = self._in_file = True
            self._received.filename = self._filename

    def _part_data(self, data: bytes, start: int, end: int) -> None:
        if self._in_file:
            self._file_travelled += end - start
        piece = memoryview(data)[start:end]
        self._take(piece if self._decoder is None else self._decoder.decode(piece))

    def _take(self, piece: bytes | memoryview) -> None:
        if self._in_file:
            self._sink.add(piece)
            return
        if len(self._value) + len(piece) > MAX_FIELD_BYTES:
            raise InvalidInput(f"parameter {self._name[:100]}: longer than {MAX_FIELD_BYTES} bytes")
        self._value += piece

    def _part_end(self) -> None:
        if self._decoder is not None:
            self._take(self._decoder.end())
        if self._in_file:
            if not self._filename and not self._file_travelled:  # as browsers send a field in which nothing was chosen
                raise InvalidInput("parameter file: no file was chosen")
        else:
            self._received.add(self._name, self._value.decode(errors="surrogateescape"))

    def _end(self) -> None:
        self.complete = True
