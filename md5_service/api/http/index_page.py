"""The one document of the page, built from `frontend/`; its script reads the address.

It also answers a browser that opens a path which does not exist or requires a key. The page then says so and offers what to do.
"""

from collections.abc import Mapping
from pathlib import Path

from fastapi import Request
from fastapi.responses import FileResponse, PlainTextResponse, Response

BUILT = Path(__file__).parent.parent / "page"
NOT_BUILT = "The page has not been built; ./run builds it. The API is still available; see /openapi.json.\n"
# What scripts and monitoring ask for, where an error is always a problem document.
FOR_PROGRAMS = ("/v1", "/metrics", "/healthz", "/readyz", "/openapi.json", "/assets")


def index_page(status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    index = BUILT / "index.html"
    if not index.is_file():
        return PlainTextResponse(NOT_BUILT, 503)
    return FileResponse(index, status, {"Cache-Control": "no-cache", **(headers or {})})


def wants_page(request: Request) -> bool:
    """Whether a person opens this address in a browser."""
    path = request.scope["path"]
    is_for_programs = any(path == prefix or path.startswith(f"{prefix}/") for prefix in FOR_PROGRAMS)
    opens = request.method in ("GET", "HEAD") and "text/html" in request.headers.get("accept", "")
    return opens and not is_for_programs
