"""The session cookie, which contains the API key of a signed-in user. It exists because a browser's event streams and downloads
cannot send an `Authorization` header.

No script can read it (`HttpOnly`), no other site's page makes a browser send it (`SameSite=Strict`), and it is deleted when the
browser is closed. Cookies do not distinguish ports: other servers on the same host name get it, too. Over HTTPS its name begins
with `__Host-`, so that neither another host of the domain nor an answer without TLS can have set it (RFC 6265bis, 4.1.3.2); a
cookie with the plain name is then ignored.
"""

from starlette.requests import Request
from starlette.responses import Response

NAME = "md5_key"
PATH = "/"  # the common prefix of /v1 and /metrics


def sent_in(request: Request) -> list[str]:
    """All values of the cookie in a request; two are ambiguous."""
    wanted = _name(request)
    pairs = (pair.partition("=") for line in request.headers.getlist("cookie") for pair in line.split(";"))
    return [value.strip() for name, _, value in pairs if name.strip() == wanted]


def give(response: Response, request: Request, key: str) -> None:
    """Set the cookie. `key` must be a valid key: other text could contain more than a value."""
    response.set_cookie(_name(request), key, path=PATH, secure=_is_by_https(request), httponly=True, samesite="strict")


def take_back(response: Response, request: Request) -> None:
    """Delete the cookie."""
    response.delete_cookie(_name(request), path=PATH, secure=_is_by_https(request), httponly=True, samesite="strict")


def _name(request: Request) -> str:
    return f"__Host-{NAME}" if _is_by_https(request) else NAME


def _is_by_https(request: Request) -> bool:
    """Whether the request came over HTTPS, to this process or to a proxy that uvicorn trusts."""
    return bool(request.scope["scheme"] == "https")
