"""What every answer carries: an id of the request, which is also in the log, and what a browser may not do with the answer."""

import logging
import os
import re
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from md5_service import logs

log = logging.getLogger(__name__)

REQUEST_ID = "X-Request-ID"
ON_WIRE = REQUEST_ID.lower().encode()
GIVEN = re.compile(rb"[\w.:+/=-]{1,128}", re.ASCII)  # by a client or a proxy; anything else is replaced
POLICY = "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
ALWAYS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",  # no other site's page has it in itself, to time or measure it
}
# What a cookie opened, a cache might else show to whoever asks next.
UNLESS_SAID = {"Cache-Control": "private, no-cache"}

WIRE = [(name.lower().encode(), value.encode()) for name, value in (ALWAYS | UNLESS_SAID).items()]


class CommonHeaders:
    """ASGI middleware. A route's own header of the same name stays."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = next((value for name, value in scope["headers"] if name == ON_WIRE), b"")
        request_id = given.decode() if GIVEN.fullmatch(given) else os.urandom(16).hex()
        logs.about_request(request_id)
        scope.setdefault("state", {})["request_id"] = request_id
        began = time.monotonic()

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = {name for name, _ in message["headers"]}
                ours = [(name, value) for name, value in WIRE if name not in own]
                message["headers"] = [*message["headers"], *ours, (ON_WIRE, request_id.encode())]
                took_ms = round((time.monotonic() - began) * 1000)
                log.info("%s %s: %d in %d ms", scope["method"], scope["path"], message["status"], took_ms)
            await send(message)

        await self._app(scope, receive, send_with_headers)
