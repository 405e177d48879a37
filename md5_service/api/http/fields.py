"""The fields of a head that come more than once, or not at all (RFC 9110, 5.3): several of a list are one list; of those of which
there is one only, nobody could say which is meant."""

import re
from collections.abc import Sequence

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from md5_service.api.http.errors import known_error
from md5_task_data.errors import Malformed

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

HAS_RANGES = re.compile(r"/v1/tasks/[^/]+/file")  # elsewhere a `Range` is ignored, as a server may (RFC 9110, 14.2)

Headers = Sequence[tuple[bytes, bytes]]


class Fields:
    """ASGI middleware: refuses what is ambiguous, and joins lists."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            try:
                scope["headers"] = _read(scope["headers"], scope["http_version"], scope["path"])
            except Malformed as error:
                answer = await known_error(Request(scope), error)
                await answer(scope, receive, send)
                return
        await self._app(scope, receive, send)


def _read(headers: Headers, http_version: str, path: str) -> Headers:
    """Raises Malformed."""
    if http_version not in ("1.0", "1.1"):
        raise Malformed("the first line of the request names no version of HTTP that is spoken here: 1.0 or 1.1")
    names = [name for name, _ in headers]
    if b"range" in names and not HAS_RANGES.fullmatch(path):
        return _read([header for header in headers if header[0] != b"range"], http_version, path)
    if http_version == "1.1" and b"host" not in names:
        raise Malformed("header Host: required by HTTP/1.1")
    if len(set(names)) == len(names):
        return headers
    twice = {name for name in names if names.count(name) > 1}
    if ambiguous := next((name for name in ONCE if name in twice), None):
        raise Malformed(f"header {ambiguous.decode().title()}: given twice")
    lists = [name for name in LISTS if name in twice]
    joined = [(name, b", ".join(value for other, value in headers if other == name)) for name in lists]
    return [header for header in headers if header[0] not in lists] + joined
