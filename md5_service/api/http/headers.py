"""Headers of every answer: the id of its request, which is also in the log, and restrictions for browsers."""

from starlette.types import Message

REQUEST_ID = "X-Request-ID"
ID_FIELD = REQUEST_ID.lower().encode()
POLICY = "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
ALWAYS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",  # no other site's page can embed it, to time or measure it
}
# Otherwise a cache might show what one cookie opened to the next caller.
UNLESS_SAID = {"Cache-Control": "private, no-cache"}

_FIELDS = [(name.lower().encode(), value.encode()) for name, value in (ALWAYS | UNLESS_SAID).items()]


def add_to(answer: Message, request_id: str) -> None:
    """Add the common headers to an ASGI `http.response.start`. A header that the route has set stays."""
    own = {name for name, _ in answer["headers"]}
    missing = [field for field in _FIELDS if field[0] not in own]
    answer["headers"] = [*answer["headers"], *missing, (ID_FIELD, request_id.encode())]
