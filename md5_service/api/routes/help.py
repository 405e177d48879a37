"""The documentation at /help, built from `docs/` by `make docs`, so that installations without the internet have it, too."""

import base64
import functools
import hashlib
import re
from pathlib import Path

from fastapi import APIRouter, FastAPI
from fastapi.responses import PlainTextResponse, RedirectResponse, Response
from starlette.middleware.gzip import GZipMiddleware
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from md5_service.api.http.conventions import add_head_routes
from md5_service.api.http.headers import POLICY

BUILT = Path(__file__).parent.parent / "help"
NOT_BUILT = "The documentation has not been built; ./run builds it. Its source is in docs/.\n"
INLINE_SCRIPT = re.compile(rb"<script>(.*?)</script>", re.S)
NAMED_BY_CONTENT = re.compile(r"\.[0-9a-f]{8}\.min\.(js|css)$")  # the way Zensical names built files

router = APIRouter(include_in_schema=False)


@router.get("/help")
def help_root() -> Response:
    """Links on the pages are relative, so the address must end in a slash."""
    return RedirectResponse("/help/", 308)


def add_help(app: FastAPI) -> None:
    """Serve the built pages, compressed."""
    if BUILT.is_dir():
        app.mount("/help", GZipMiddleware(_Pages()), name="help")
    else:
        app.add_api_route("/help/", lambda: PlainTextResponse(NOT_BUILT, 503), include_in_schema=False)


class _Pages(StaticFiles):
    """Serves pages whose theme has a few inline scripts; the policy allows these, by their digests, and no others."""

    def __init__(self) -> None:
        super().__init__(directory=BUILT, html=True)

    @functools.cached_property  # read with the first page, not at each start of an API process
    def _policy(self) -> str:
        scripts = {script for page in BUILT.rglob("*.html") for script in INLINE_SCRIPT.findall(page.read_bytes())}
        digests = sorted(base64.b64encode(hashlib.sha256(script).digest()).decode() for script in scripts)
        allowed = " ".join(f"'sha256-{digest}'" for digest in digests)
        # The theme uses icons from data: URIs, and inline styles.
        return f"{POLICY}; script-src 'self' {allowed}; style-src 'self' 'unsafe-inline'; img-src 'self' data:"

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        named = NAMED_BY_CONTENT.search(path) is not None
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if named else "no-cache"
        response.headers["Content-Security-Policy"] = self._policy
        return response


add_head_routes(router)
