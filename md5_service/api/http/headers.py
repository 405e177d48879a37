"""What every answer carries: the id of its request, which is also in the log, and what a browser may not do with the answer."""

from starlette.types import Message

REQUEST_ID = "X-Request-ID"
ID_FIELD = REQUEST_ID.lower().encode()
POLICY = "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
ALWAYS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",  # no other site's page has it in itself, to time or measure it
}
# What a cookie opened, a cache might else show to whoever asks next.
UNLESS_SAID = {"Cache-Control": "private, no-cache"}

_FIELDS = [(name.lower().encode(), value.encode()) for name, value in (ALWAYS | UNLESS_SAID).items()]


def add_to(answer: Message, request_id: str) -> None:
    """To an ASGI `http.response.start`. A route's own header of the same name stays."""
    own = {name for name, _ in answer["headers"]}
    missing = [field for field in _FIELDS if field[0] not in own]
    answer["headers"] = [*answer["headers"], *missing, (ID_FIELD, request_id.encode())]
