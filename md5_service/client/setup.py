"""How both clients are made, and what they make of their arguments."""

from collections.abc import Mapping
from typing import Any

import httpx2

from md5_service.client.flows import LONG_POLL_S, Request
from md5_service.client.upload import Source, name_of

DEFAULT_URL = "http://127.0.0.1:9000"


def options(url: str, key: str | None) -> dict[str, Any]:
    """Of an httpx2 client of the service at `url`."""
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    limits = httpx2.Limits(max_connections=None, max_keepalive_connections=64)
    timeout = httpx2.Timeout(60, read=LONG_POLL_S + 40)
    # Without TLS none is set up: reading the certificates takes longer than a small file. Redirects are not followed.
    verify = url.lower().startswith("https:")
    return {"base_url": url.rstrip("/"), "headers": headers, "limits": limits, "timeout": timeout, "verify": verify}


def sent_as(request: Request) -> dict[str, Any]:
    """The arguments of httpx2's `build_request`, but for the body."""
    given = {"method": request.method, "url": request.path, "headers": dict(request.headers)}
    return given | ({"params": dict(request.params)} if request.params else {})


def parameters(
    source: Source, filename: str | None, kind: str, batch: str | None, params: Mapping[str, str] | None
) -> dict[str, str]:
    """What the service is told of a file."""
    about = {"kind": kind, "filename": name_of(source) if filename is None else filename}
    return {**(params or {}), **about} | ({} if batch is None else {"batch": batch})


def filters(given: Mapping[str, str | None], limit: int | None) -> dict[str, str]:
    """The query of a list: what is asked for, in pages as large as they may be."""
    named = {"filename__contains" if name == "name" else name: value for name, value in given.items()}
    return {name: value for name, value in named.items() if value is not None} | {
        "limit": str(min(limit or 1000, 1000))
    }
