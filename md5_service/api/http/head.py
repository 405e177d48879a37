"""Checks the head of a request in one pass: its id, its size, and headers that are repeated or missing (RFC 9110, 5.3). Repeated
list headers are joined; a repeated header that must be single is ambiguous, and an error.

All code behind this middleware sees an unambiguous head.
"""

import logging
import os
import re
import time
from collections.abc import Sequence

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from md5_service import logs
from md5_service.api.http import headers
from md5_service.api.http.errors import error_response
from md5_task_data.errors import HeadTooLarge, Malformed

log = logging.getLogger(__name__)

GIVEN_ID = re.compile(rb"[\w.:+/=-]{1,128}", re.ASCII)  # accepted from a client or proxy; anything else is replaced
LISTS = (
    b"accept",
    b"accept-encoding",
    b"content-encoding",
    b"if-match",
    b"if-none-match",
    b"prefer",
    b"repr-digest",
    b"transfer-encoding",
)
ONCE = (
    b"authorization",
    b"content-md5",
    b"content-type",
    b"host",
    b"idempotency-key",
    b"if-range",
    b"origin",
    b"range",
    b"sec-fetch-site",
)
HAS_RANGES = re.compile(r"/v1/tasks/[^/]+/file")  # elsewhere `Range` is ignored, as RFC 9110, 14.2 allows

Fields = Sequence[tuple[bytes, bytes]]


class RequestHead:
    """ASGI middleware that gives each request its id and unambiguous headers, and each answer the common headers (`headers`).

    Refuses a URL and headers of more than `max_bytes` together, or more than `max_fields` headers.
    """

    def __init__(self, app: ASGIApp, max_bytes: int, max_fields: int) -> None:
        self._app = app
        self._max_bytes = max_bytes
        self._max_fields = max_fields

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.monotonic()
        request_id = _request_id(scope["headers"])
        logs.about_request(request_id)
        scope.setdefault("state", {})["request_id"] = request_id

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers.add_to(message, request_id)
                took_ms = round((time.monotonic() - began) * 1000)
                log.info("%s %s: %d in %d ms", scope["method"], scope["path"], message["status"], took_ms)
            await send(message)

        try:
            self._check_size(scope)
            scope["headers"] = _unambiguous(scope["headers"], scope["http_version"], scope["path"])
        except (HeadTooLarge, Malformed) as error:
            answer = await error_response(Request(scope), error)
            await answer(scope, receive, send_with_headers)
            return
        await self._app(scope, receive, send_with_headers)

    def _check_size(self, scope: Scope) -> None:
        """Raises HeadTooLarge."""
        fields = scope["headers"]
        size = sum(len(name) + len(value) for name, value in fields)
        size += len(scope["raw_path"]) + len(scope["query_string"])
        if size > self._max_bytes or len(fields) > self._max_fields:
            most = f"the limit is {self._max_bytes} bytes in {self._max_fields} headers"
            raise HeadTooLarge(f"The URL and headers have {size} bytes in {len(fields)} headers; {most}.")


def _request_id(fields: Fields) -> str:
    given = next((value for name, value in fields if name == headers.ID_FIELD), b"")
    return given.decode() if GIVEN_ID.fullmatch(given) else os.urandom(16).hex()


def _unambiguous(fields: Fields, http_version: str, path: str) -> Fields:
    """Raises Malformed."""
    if http_version not in ("1.0", "1.1"):
        raise Malformed("The request line names no supported version of HTTP: it must be HTTP/1.0 or HTTP/1.1.")
    names = [name for name, _ in fields]
    if b"range" in names and not HAS_RANGES.fullmatch(path):
        return _unambiguous([field for field in fields if field[0] != b"range"], http_version, path)
    if http_version == "1.1" and b"host" not in names:
        raise Malformed("The header Host is missing; HTTP/1.1 requires it.")
    if len(set(names)) == len(names):
        return fields
    twice = {name for name in names if names.count(name) > 1}
    if ambiguous := next((name for name in ONCE if name in twice), None):
        raise Malformed(f"The header {ambiguous.decode().title()} was given more than once. Send it once.")
    lists = [name for name in LISTS if name in twice]
    joined = [(name, b", ".join(value for other, value in fields if other == name)) for name in lists]
    return [field for field in fields if field[0] not in lists] + joined
