"""Authenticates every request before its body is read, with API keys if the service requires them. Requests that a browser may
have sent for another site, without a key or with a cookie, must also pass `cross_site`."""

import time
from collections.abc import Sequence

from sqlalchemy import RowMapping
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from md5_service.api.access import cookie, cross_site
from md5_service.api.access.rates import Rates, cost
from md5_service.api.http.deadline import run_with_deadline
from md5_service.api.http.errors import error_response
from md5_service.settings import Settings
from md5_task_data import api_keys
from md5_task_data.database.engine import Database
from md5_task_data.errors import DependencyAway, TaskDataError, Unauthorized

LOCAL_OWNER = "local"  # the owner of everything that is uploaded without keys
REMEMBERED_S = 2.0  # seconds for which a revoked key may still be accepted
MOST_REMEMBERED = 10_000

# Pages and their files contain no one's data. Everything that is not listed here needs a key.
SESSION = "/v1/session"  # signing in, and the state of the session
PUBLIC = ("/docs", "/help", "/openapi.json", "/healthz", "/readyz", SESSION)
PUBLIC_FOLDERS = ("/tasks/", "/assets/", "/help/")


class KeyAuth:
    """ASGI middleware that sets `request.state.owner`, or answers with a problem. `pages`: paths that need no key."""

    def __init__(self, app: ASGIApp, settings: Settings, keys: "Keys", pages: Sequence[str]) -> None:
        self._app = app
        self._auth = settings.auth
        self._guard = cross_site.CrossSiteGuard(settings.allowed_hosts)
        self._keys = keys
        self._public = {*PUBLIC, *pages}
        self._rates = Rates(settings.rate_per_owner)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            request = Request(scope)
            try:
                await self._authenticate(request)
            except (TaskDataError, DependencyAway) as error:
                answer = await error_response(request, error)
                await answer(scope, receive, send)
                return
        await self._app(scope, receive, send)

    async def _authenticate(self, request: Request) -> None:
        """Raises Malformed, Unauthorized, Forbidden, TooMany, DependencyAway."""
        path = request.scope["path"]
        is_open = path in self._public or path.startswith(PUBLIC_FOLDERS)
        self._guard.check_host(request, by_own_name=self._auth != "keys")
        # Any site can make a browser send a cookie, but none can make it send a header with a key.
        if self._auth != "keys" or path == SESSION or "authorization" not in request.headers:
            self._guard.check_page(request)
        if is_open:
            return
        if self._auth == "keys":
            owner = await self._keys.owner(key_in(request))
        elif self._auth == "none" or cross_site.is_on_loopback(request):
            owner = LOCAL_OWNER
        else:
            raise Unauthorized(
                "This service accepts connections from other machines, but MD5_AUTH is not set. Its administrator must set "
                "MD5_AUTH=keys or MD5_AUTH=none."
            )
        self._rates.take(owner, cost(request.scope["query_string"]))
        request.state.owner = owner


def key_in(request: Request) -> str:
    """The key of a request, from the header `Authorization` or, without that, from the cookie. Raises Unauthorized."""
    authorization = request.headers.get("authorization")
    if authorization is None:
        cookies = cookie.sent_in(request)
        if not cookies:
            raise Unauthorized(
                "The request has no API key. Send the header `Authorization: Bearer KEY`, or sign in on the page."
            )
        return cookies[0] if len(cookies) == 1 else ""
    scheme, _, key = authorization.partition(" ")
    return key.strip() if scheme.lower() == "bearer" else ""


class Keys:
    """The keys in the database, each cached for `REMEMBERED_S`, so that most requests need no query."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._remembered: dict[str, tuple[float, RowMapping | None]] = {}

    async def owner(self, key: str) -> str:
        """The owner of a key, which may be any text. Raises Unauthorized, DependencyAway."""
        key_id = api_keys.id_of(key)
        row = await self._row(key_id) if key_id else None
        if row is None or not api_keys.fits(key, row):
            raise Unauthorized("The API key is wrong or was revoked.")
        return str(row["owner"])

    async def _row(self, key_id: str) -> RowMapping | None:
        until, row = self._remembered.get(key_id, (0.0, None))
        asked_at = time.monotonic()
        if until > asked_at:
            return row
        row = await run_with_deadline(lambda: self._read(key_id))
        if len(self._remembered) >= MOST_REMEMBERED:
            self._remembered.clear()
        self._remembered[key_id] = asked_at + REMEMBERED_S, row
        return row

    def _read(self, key_id: str) -> RowMapping | None:
        with self._database.reading() as db:
            return api_keys.get(db, key_id)
