"""The page at /, built from `frontend/`, and the API reference at /docs. Nothing is loaded from other hosts."""

import mimetypes
import re
from pathlib import Path

from fastapi import APIRouter, FastAPI
from fastapi.responses import HTMLResponse, Response
from starlette.datastructures import Headers
from starlette.middleware.gzip import GZipMiddleware
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from md5_service.api.http import index_page
from md5_service.api.http.conventions import add_head_routes
from md5_service.api.http.headers import POLICY
from md5_task_data.registry import WITH_ROUTES

PATHS = ("/", "/tasks", "/tasks/{task_id}", *(f"/{kind}" for kind in WITH_ROUTES))
NAMED_BY_CONTENT = re.compile(r"-[\w-]{8}\.(js|css)$")  # the way Vite names built files

# Swagger UI uses inline styles, and icons from data: URIs.
DOCUMENTATION_POLICY = POLICY + "; style-src 'self' 'unsafe-inline'; img-src 'self' data:"
DOCUMENTATION = """<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>File Intake: API</title>
    <link rel="icon" type="image/svg+xml" href="/assets/favicon.svg">
    <link rel="stylesheet" href="/assets/swagger-ui.css">
  </head>
  <body>
    <div id="swagger-ui"></div>
    <script src="/assets/swagger-ui-bundle.js"></script>
    <script src="/assets/docs.js"></script>
  </body>
</html>
"""

router = APIRouter(include_in_schema=False)


def page() -> Response:
    return index_page.index_page()


for path in PATHS:
    router.add_api_route(path, page)


@router.get("/docs")
def documentation() -> HTMLResponse:
    return HTMLResponse(DOCUMENTATION, headers={"Content-Security-Policy": DOCUMENTATION_POLICY})


def add_assets(app: FastAPI) -> None:
    """Serve the files of the built page, compressed if the client accepts it."""
    assets = index_page.BUILT / "assets"
    if assets.is_dir():
        app.mount("/assets", GZipMiddleware(_Assets(directory=assets)), name="assets")


class _Assets(StaticFiles):
    """Sends the Brotli files of the build to clients that accept them; `GZipMiddleware` leaves those alone."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory=directory)
        self._compressed = {path.name.removesuffix(".br") for path in directory.glob("*.br")}

    async def get_response(self, path: str, scope: Scope) -> Response:
        accepted = Headers(scope=scope).get("accept-encoding", "")
        if re.search(r"\bbr\b(?!\s*;\s*q=0(?![.0]*[1-9]))", accepted) and path in self._compressed:
            response = await super().get_response(f"{path}.br", scope)
            response.headers["Content-Encoding"] = "br"
            response.headers["Content-Type"] = mimetypes.guess_type(path)[0] or "application/octet-stream"
            response.headers["Vary"] = "Accept-Encoding"  # `GZipMiddleware` adds it to the others
        else:
            response = await super().get_response(path, scope)
        for_ever = NAMED_BY_CONTENT.search(path) is not None
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if for_ever else "no-cache"
        return response


add_head_routes(router)
