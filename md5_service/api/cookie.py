"""The key of somebody who has signed in at the page: in a cookie, for a browser's streams of events and downloads can send no
header of ours.

No script can read it (`HttpOnly`), no other site's page makes a browser send it (`SameSite=Strict`), and it goes when the
browser is closed. Cookies know no ports: what else listens on the same host gets it, too.
"""

from starlette.requests import Request
from starlette.responses import Response

NAME = "md5_key"
PATH = "/"  # all that /v1 and /metrics have in common


def sent_in(request: Request) -> list[str]:
    """Each value of that name: of two, nobody can tell which is meant."""
    pairs = (pair.partition("=") for line in request.headers.getlist("cookie") for pair in line.split(";"))
    return [value.strip() for name, _, value in pairs if name.strip() == NAME]


def give(response: Response, request: Request, key: str) -> None:
    """`key` must be one that fits: any other text could say more than a value."""
    response.set_cookie(NAME, key, path=PATH, secure=_is_by_https(request), httponly=True, samesite="strict")


def take_back(response: Response, request: Request) -> None:
    """Let the browser forget it."""
    response.delete_cookie(NAME, path=PATH, secure=_is_by_https(request), httponly=True, samesite="strict")


def _is_by_https(request: Request) -> bool:
    """To us, or to a proxy that uvicorn trusts."""
    return request.url.scheme == "https"
