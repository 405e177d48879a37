"""How both clients are set up, and how they turn arguments into requests."""

from collections.abc import Mapping
from typing import Any, TypeVar
from urllib.parse import urlencode, urlsplit

import httpx2

from md5_service.client.errors import Unreachable
from md5_service.client.flows import LONG_POLL_S, Flows, Request
from md5_service.client.proxies import proxy_for, without_password
from md5_service.client.upload import Source, name_of

DEFAULT_URL = "http://127.0.0.1:9000"

Http = TypeVar("Http", httpx2.Client, httpx2.AsyncClient)


def address_of(url: str) -> str:
    """The URL of a service, without surrounding spaces and trailing slashes. Raises ValueError if it is not one."""
    trimmed = url.strip().rstrip("/")
    try:
        parts = urlsplit(trimmed)
        is_good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_good = False
    # `urlsplit` silently removes line ends.
    if not is_good or parts.query or parts.fragment or any(c.isspace() or not c.isprintable() for c in trimmed):
        raise ValueError(f"{url!r} is not the URL of a service, such as {DEFAULT_URL}")
    return trimmed


def key_of(key: str | None) -> str | None:
    """A key without surrounding spaces, or None if it is empty. Raises ValueError if it cannot be a key."""
    trimmed = (key or "").strip()
    if not (trimmed.isascii() and trimmed.isprintable()) or " " in trimmed:
        raise ValueError("the API key contains characters that no key has")
    return trimmed or None


def connected(kind: type[Http], url: str, key: str | None) -> tuple[Flows, Http]:
    """The calls to the service at `url`, and the httpx2 client that carries them out. Raises ValueError for an invalid URL or
    key, and Unreachable for a proxy that cannot be used."""
    address, known_as = address_of(url), key_of(key)
    proxy = proxy_for(address)
    given: dict[str, Any] = {
        "base_url": address,
        "headers": {"Authorization": f"Bearer {known_as}"} if known_as else {},
        "limits": httpx2.Limits(max_connections=None, max_keepalive_connections=64),
        "timeout": httpx2.Timeout(60, read=LONG_POLL_S + 40),
        # Only for HTTPS: reading the certificates takes longer than a small upload.
        "verify": httpx2.create_ssl_context() if "https" in (_scheme(address), _scheme(proxy or "")) else False,
        "proxy": proxy,
        "trust_env": False,  # httpx2 would choose proxies by its own rules; certificates are handled above
    }
    shown = without_password(proxy) if proxy else None
    try:
        return Flows(address, shown), kind(**given)
    except (ImportError, ValueError, httpx2.InvalidURL) as error:
        is_socks = isinstance(error, ImportError)
        why = "SOCKS needs the package socksio" if is_socks else "its URL must begin with http, https or socks5"
        raise Unreachable(
            f"the proxy {shown} cannot be used: {why}; or set NO_PROXY={urlsplit(address).hostname}"
        ) from None


def _scheme(url: str) -> str:
    return url.partition(":")[0].lower()


def sent_as(request: Request) -> dict[str, Any]:
    """The arguments of httpx2's `build_request`, without the body."""
    query = (
        f"?{urlencode(request.params, errors='surrogateescape')}" if request.params else ""
    )  # a name need not be text
    return {"method": request.method, "url": f"{request.path}{query}", "headers": dict(request.headers)}


def parameters(
    source: Source, filename: str | None, kind: str, batch: str | None, params: Mapping[str, str] | None
) -> dict[str, str]:
    """The query parameters of an upload."""
    about = {"kind": kind, "filename": name_of(source) if filename is None else filename}
    return {**(params or {}), **about} | ({} if batch is None else {"batch": batch})


def filters(given: Mapping[str, str | None], limit: int | None) -> dict[str, str]:
    """The query parameters of a list, with the largest page size allowed."""
    named = {"filename__contains" if name == "name" else name: value for name, value in given.items()}
    return {name: value for name, value in named.items() if value is not None} | {
        "limit": str(min(limit or 1000, 1000))
    }
