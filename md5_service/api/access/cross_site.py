"""What a browser is made to do by other sites. Where no key is asked for, whoever can be reached can be reached by every page
that somebody on this machine looks at; and a browser that has signed in sends its cookie whichever page asks.

Two ways are shut. A name of the other site that is suddenly the address of this machine (DNS rebinding): on loopback a service
without keys answers to loopback's names only; with keys there is no need, as the cookie belongs to a name. A form or script of
another site that sends something here: requests that change something must come from this service's own page, as in Go's
`http.CrossOriginProtection`. What is no browser sends neither `Origin` nor `Sec-Fetch-Site`, and is not concerned.
"""

import functools
import ipaddress

from starlette.requests import Request

from md5_service.origins import origin, origins
from md5_task_data.errors import Forbidden, Malformed

SAFE_METHODS = ("GET", "HEAD", "OPTIONS")


class CrossSiteGuard:
    """`allowed`: more names, comma-separated, by which this service is called, by a proxy perhaps."""

    def __init__(self, allowed: str | None) -> None:
        self._allowed = origins(allowed or "")
        self._names = {each.name for each in self._allowed}

    def check_host(self, request: Request, *, by_own_name: bool) -> None:
        """`Host` must be one; and on loopback, where that is asked for, a name of the service's own. Raises Malformed,
        Forbidden."""
        if not (host := request.headers.get("host", "")):
            return
        if (called := origin(host)) is None or called.scheme:
            raise Malformed("The header Host must be a host name or IP address, optionally with a port.")
        if by_own_name and is_on_loopback(request) and not self._is_known(called.name.removesuffix(".")):
            raise Forbidden(
                "The header Host is not a name of this service. Its administrator can add names to MD5_ALLOWED_HOSTS."
            )

    def check_page(self, request: Request) -> None:
        """What changes something must come from the service's own page, or from no browser. Raises Forbidden."""
        if request.method in SAFE_METHODS:
            return
        site, said = request.headers.get("sec-fetch-site"), request.headers.get("origin")
        came = origin(said) if said and "://" in said else None
        here = origin(request.headers.get("host", ""), request.scope["scheme"])
        is_ours = site in ("same-origin", "none") if site else said is None or (came is not None and came == here)
        if not is_ours and not (came and any(each.covers(came) for each in self._allowed)):
            raise Forbidden(
                "A page of another site may not do this. The service's administrator can add sites to MD5_ALLOWED_HOSTS."
            )

    def _is_known(self, name: str) -> bool:
        return name == "localhost" or name.endswith(".localhost") or is_loopback(name) or name in self._names


def is_on_loopback(request: Request) -> bool:
    """Whether the request came in at an address that only this machine reaches, or at a Unix socket."""
    here = request.scope.get("server")
    return here is not None and (here[1] is None or is_loopback(here[0]))


@functools.lru_cache(1024)
def is_loopback(address: str) -> bool:
    """Whether that is an IP address of the loopback network."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    return (mapped or parsed).is_loopback
