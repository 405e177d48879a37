"""The page at /, as `frontend/` builds it, and the API's own documentation at /docs: nothing comes from other hosts."""

from pathlib import Path

from fastapi import APIRouter, FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import FileResponse, HTMLResponse, PlainTextResponse, Response
from starlette.staticfiles import StaticFiles

BUILT = Path(__file__).parent.parent / "page"
NOT_BUILT = "The page is not built here: ./run builds it. The API is there all the same; see /openapi.json.\n"

router = APIRouter(include_in_schema=False)


@router.get("/")
def page() -> Response:
    index = BUILT / "index.html"
    if not index.is_file():
        return PlainTextResponse(NOT_BUILT, 503)
    return FileResponse(index, headers={"Cache-Control": "no-cache"})


@router.get("/docs")
def documentation() -> HTMLResponse:
    return get_swagger_ui_html(
        openapi_url="/openapi.json",
        title="md5-service: the API",
        swagger_js_url="/assets/swagger-ui-bundle.js",
        swagger_css_url="/assets/swagger-ui.css",
        swagger_favicon_url="/assets/favicon.svg",
    )


def add_assets(app: FastAPI) -> None:
    """Serve the files of the built page; their names change with their content."""
    if (BUILT / "assets").is_dir():
        app.mount("/assets", StaticFiles(directory=BUILT / "assets"), name="assets")
