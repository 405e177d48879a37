"""Refuses requests that other sites make a browser send. Without keys, any page that someone on this machine opens could use the
service; and a signed-in browser sends its cookie no matter which page makes the request.

Two attacks are prevented. DNS rebinding, where a name of the other site resolves to this machine: on loopback, a service without
keys answers only to loopback names and `MD5_ALLOWED_HOSTS` (with keys this is not needed, because a cookie belongs to a name).
Cross-site requests: requests that change something must come from the service's own page, as with Go's
`http.CrossOriginProtection`. Clients other than browsers send neither `Origin` nor `Sec-Fetch-Site`, and are not affected.
"""

import functools
import ipaddress

from starlette.requests import Request

from md5_service.origins import origin, origins
from md5_task_data.errors import Forbidden, Malformed

SAFE_METHODS = ("GET", "HEAD", "OPTIONS")


class CrossSiteGuard:
    """`allowed`: additional host names of this service, separated by commas; None: there are none."""

    def __init__(self, allowed: str | None) -> None:
        self._allowed = origins(allowed or "")
        self._names = {each.name for each in self._allowed}

    def check_host(self, request: Request, *, by_own_name: bool) -> None:
        """Check that `Host` is well-formed and, with `by_own_name` on loopback, a name of this service. Raises Malformed,
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
        """Check that a request that changes something does not come from a page of another site. Raises Forbidden."""
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
    """Whether the request arrived at a loopback address or a Unix socket, which only this machine reaches."""
    here = request.scope.get("server")
    return here is not None and (here[1] is None or is_loopback(here[0]))


@functools.lru_cache(1024)
def is_loopback(address: str) -> bool:
    """Whether this is an IP address of the loopback network."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    return (mapped or parsed).is_loopback
