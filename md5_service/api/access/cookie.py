"""The key of somebody who has signed in at the page: in a cookie, for a browser's streams of events and downloads can send no
header of ours.

No script can read it (`HttpOnly`), no other site's page makes a browser send it (`SameSite=Strict`), and it goes when the
browser is closed. Cookies know no ports: what else listens on the same host gets it, too. Over HTTPS its name begins with
`__Host-`: then no other name of the domain, and nothing that comes without TLS, can have put it there (RFC 6265bis, 4.1.3.2), so
that one of the plain name counts for nothing.
"""

from starlette.requests import Request
from starlette.responses import Response

NAME = "md5_key"
PATH = "/"  # all that /v1 and /metrics have in common


def sent_in(request: Request) -> list[str]:
    """Each value of the name that it has here: of two, nobody can tell which is meant."""
    wanted = _name(request)
    pairs = (pair.partition("=") for line in request.headers.getlist("cookie") for pair in line.split(";"))
    return [value.strip() for name, _, value in pairs if name.strip() == wanted]


def give(response: Response, request: Request, key: str) -> None:
    """`key` must be one that fits: any other text could say more than a value."""
    response.set_cookie(_name(request), key, path=PATH, secure=_is_by_https(request), httponly=True, samesite="strict")


def take_back(response: Response, request: Request) -> None:
    """Let the browser forget it."""
    response.delete_cookie(_name(request), path=PATH, secure=_is_by_https(request), httponly=True, samesite="strict")


def _name(request: Request) -> str:
    return f"__Host-{NAME}" if _is_by_https(request) else NAME


def _is_by_https(request: Request) -> bool:
    """To us, or to a proxy that uvicorn trusts."""
    return bool(request.scope["scheme"] == "https")
