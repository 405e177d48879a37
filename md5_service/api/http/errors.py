"""The one table from errors to answers (RFC 9457): status, title and a stable code for everything that can go wrong."""

import logging

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.routing import Match

from md5_service.api.http.headers import REQUEST_ID
from md5_service.api.http.schemas import PROBLEM_TYPE, Problem
from md5_task_data import errors

log = logging.getLogger(__name__)

# The most special first: the first that fits is taken.
STATUS: dict[type[Exception], tuple[int, str]] = {
    errors.Malformed: (400, "The request could not be read"),
    errors.Unauthorized: (401, "Who are you?"),
    errors.Forbidden: (403, "Not allowed"),
    errors.NotFound: (404, "Not found"),
    errors.Conflict: (409, "Not possible in this state"),
    errors.BytesMissing: (410, "Gone"),
    errors.ResultsDeleted: (410, "Gone"),
    errors.TooLarge: (413, "Too large"),
    errors.HeadTooLarge: (431, "Too large"),
    errors.InvalidInput: (422, "A parameter is wrong"),
    errors.TooMany: (429, "Too many at once"),
    errors.Busy: (503, "Too many at once"),
    errors.StorageFull: (507, "No room left"),
    errors.DependencyAway: (503, "Not available now"),
}
HEADERS: dict[type[Exception], dict[str, str]] = {
    errors.Unauthorized: {"WWW-Authenticate": "Bearer"},
    errors.TooMany: {"Retry-After": "5"},
    errors.Busy: {"Retry-After": "5"},
    errors.KeyInUse: {"Retry-After": "1"},
}
TITLES = {
    404: "Not found",
    405: "Method not allowed",
    408: "Too slow",
    411: "Length required",
    415: "Unsupported media type",
}
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
CODES = {
    404: "not_found",
    405: "method_not_allowed",
    408: "upload_stalled",
    411: "length_required",
    415: "unsupported_media_type",
}


def problem(status: int, code: str, title: str, detail: str, headers: dict[str, str] | None = None) -> JSONResponse:
    """An `application/problem+json` answer."""
    body = Problem(type=PROBLEM_TYPE + code, title=title, status=status, detail=detail, code=code)
    return JSONResponse(body.model_dump(), status, headers, media_type="application/problem+json")


def add_error_handlers(app: FastAPI) -> None:
    """Make every error of `app` a problem document."""
    for kind in STATUS:
        app.add_exception_handler(kind, error_response)
    app.add_exception_handler(HTTPException, _http_exception_response)
    app.add_exception_handler(RequestValidationError, _validation_error_response)
    app.add_exception_handler(Exception, _internal_error_response)


async def error_response(request: Request, error: Exception) -> JSONResponse:
    """The answer to one of the errors in `STATUS`."""
    status, title = next(answer for kind, answer in STATUS.items() if isinstance(error, kind))
    if isinstance(error, errors.TaskDataError):
        return problem(status, error.code, title, error.detail, HEADERS.get(type(error)))
    log.warning("%s %s: %s", request.method, request.url.path, error)
    if status == 507:
        return problem(status, "storage_full", title, "there is no room left for this; nothing was kept of it")
    return problem(
        status,
        "unavailable",
        title,
        "something that the service needs is away (/readyz says what); try again soon",
        {"Retry-After": "2"},
    )


async def _http_exception_response(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    title = TITLES.get(error.status_code, "The request could not be done")
    code = CODES.get(error.status_code, "bad_request")
    if error.status_code == 405:
        allowed = _allowed(request)
        return problem(405, code, title, f"what can be done here: {allowed}", {"Allow": allowed})
    detail = f"there is nothing at {request.url.path[:200]}" if error.status_code == 404 else str(error.detail)
    return problem(error.status_code, code, title, detail, dict(error.headers or {}))


def _allowed(request: Request) -> str:
    """The methods at this path, of all its routes: each by itself knows its own only."""
    scopes = {method: {**request.scope, "method": method} for method in METHODS}
    routes = request.app.routes
    return ", ".join(m for m, scope in scopes.items() if any(route.matches(scope)[0] == Match.FULL for route in routes))


async def _validation_error_response(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    name = ".".join(str(part) for part in first["loc"][1:])
    return problem(422, errors.InvalidInput.code, "A parameter is wrong", f"parameter {name}: {first['msg']}")


async def _internal_error_response(request: Request, error: Exception) -> JSONResponse:
    log.error("%s %s", request.method, request.url.path, exc_info=error)
    headers = {  # this answer goes past every middleware
        REQUEST_ID: request.state.request_id,
        "Connection": "close",  # for uvicorn closes it after this, and the next request on it would be lost
    }
    return problem(500, "internal", "A fault of ours", "something went wrong here; the server's log says what", headers)
