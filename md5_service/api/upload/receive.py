"""Streams the body of an upload, a form or a raw file, into the sink. Memory use does not depend on the size."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from fastapi import Request
from python_multipart.multipart import parse_options_header
from starlette.exceptions import HTTPException

from md5_service.api.upload import digests
from md5_service.api.upload.form import read_form
from md5_service.api.upload.sink import Sink, too_large
from md5_service.settings import Settings
from md5_task_data import names
from md5_task_data.errors import InvalidInput, Malformed, TooLarge

LONGEST_SIZE = 20  # digits that are read; a longer number is too large anyway


@dataclass
class Received:
    """What comes with the file: the parameters by name, the file's name (None: only a parameter can give it), the MD5s by header.

    `boundary`: the boundary of a form, which may contain further parameters; None: the body is the file. `declared`: the bytes of
    the body by `Content-Length`, 0 if unknown.
    """

    max_parameters: int
    fields: dict[str, str] = field(default_factory=dict)
    filename: str | None = None
    digests: Mapping[str, str] = field(default_factory=dict)
    boundary: bytes | None = None
    declared: int = 0

    def add(self, name: str, value: str) -> None:
        """Raises InvalidInput."""
        if name in self.fields:
            raise InvalidInput(f"The parameter {name[:100]} was given more than once.")
        if len(self.fields) >= self.max_parameters:
            raise InvalidInput(f"The request has more than {self.max_parameters} parameters.")
        self.fields[name] = (
            value if name == "filename" else names.as_text(value)
        )  # file names keep bytes that are not UTF-8


def request_head(request: Request, settings: Settings) -> Received:
    """What the query and headers say about the body that follows. Raises InvalidInput, HTTPException(411, 415)."""
    _check_encoding(request)
    content_type, options = parse_options_header(request.headers.get("content-type"))
    received = Received(
        settings.max_parameters,
        digests=digests.of(request.headers),
        boundary=options.get(b"boundary", b"") if content_type == b"multipart/form-data" else None,
        declared=_declared(request),
    )
    query = request.scope["query_string"].decode("latin-1")
    for name, value in parse_qsl(query, keep_blank_values=True, errors="surrogateescape"):
        received.add(names.as_text(name), value)
    return received


async def receive(request: Request, received: Received, sink: Sink, settings: Settings) -> None:
    """Read the whole body into `sink`, and the parameters of a form into `received`, which `request_head` made.

    Raises Malformed, InvalidInput, TooLarge, StorageFull, DependencyAway, HTTPException(408, 415).
    """
    _check_size(received, settings)
    chunks = _chunks(request, settings.upload_idle_s)
    if received.boundary is not None:
        await sink.expect(received.declared - settings.max_form_bytes)
        received.filename = await read_form(chunks, received.boundary, received.add, sink, settings)
    else:
        await sink.expect(received.declared)
        async for chunk in chunks:
            sink.add(chunk)
            await sink.pass_on()
    await sink.finish()


def _check_encoding(request: Request) -> None:
    """Raises InvalidInput if there is no body, HTTPException(411, 415)."""
    if "content-length" not in request.headers:
        if request.scope["http_version"] == "1.0":  # a body ends with its connection, even when that breaks
            raise HTTPException(
                411, "An upload over HTTP/1.0 needs the header Content-Length. Send it, or use HTTP/1.1."
            )
        if "transfer-encoding" not in request.headers:
            raise InvalidInput("The request has no body. Send the file as the body, or as the part `file` of a form.")
    coding = request.headers.get("content-encoding", "").lower()
    if {each.strip() for each in coding.split(",")} - {"identity", ""}:
        detail = f"The Content-Encoding {coding[:40]!r} is not supported. Send the file as it is, without this header."
        raise HTTPException(415, detail, {"Accept-Encoding": "identity"})  # RFC 9110, 15.5.16
    if (coding := request.headers.get("transfer-encoding", "chunked").strip().lower()) != "chunked":
        raise HTTPException(415, f"The Transfer-Encoding {coding[:40]!r} is not supported; only `chunked` is.")


def _declared(request: Request) -> int:
    declared = request.headers.get("content-length", "0").lstrip("0")
    return int(declared[:LONGEST_SIZE]) if declared.isdecimal() else 0


def _check_size(received: Received, settings: Settings) -> None:
    """Raises TooLarge."""
    if received.boundary is None and received.declared > settings.max_upload_bytes:
        raise too_large(settings.max_upload_bytes)
    if received.declared > settings.max_upload_bytes + settings.max_form_bytes:
        most = f"{settings.max_upload_bytes} bytes for the file and {settings.max_form_bytes} bytes besides"
        raise TooLarge(f"The form is larger than {most}, the limit of this service; nothing was stored.")


async def _chunks(request: Request, idle_s: float) -> AsyncIterator[bytes]:
    is_more = True
    while is_more:
        try:
            async with asyncio.timeout(idle_s):
                message = await request.receive()
        except TimeoutError:
            detail = f"No data arrived for {idle_s:g} s; nothing was stored. Upload the file again."
            raise HTTPException(408, detail) from None
        if message["type"] == "http.disconnect":
            raise Malformed("The body ended before it was complete; nothing was stored.")
        is_more = message.get("more_body", False)
        if chunk := message.get("body"):
            yield chunk
