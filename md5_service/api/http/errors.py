"""Answers to errors: each becomes a problem document (RFC 9457) with the status, title and code that `codes` has for it."""

import logging

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException
from starlette.routing import Match

from md5_service.api.http.codes import CODES, HEADERS, OTHERS, STATUS, TYPE, answer_of
from md5_service.api.http.headers import REQUEST_ID
from md5_service.api.http.index_page import index_page, wants_page
from md5_service.api.http.schemas import Problem
from md5_task_data import errors

log = logging.getLogger(__name__)

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")


def problem(code: str, detail: str, headers: dict[str, str] | None = None) -> JSONResponse:
    """An `application/problem+json` answer with one of the codes in `OTHERS`."""
    return _problem(OTHERS[code].status, code, OTHERS[code].title, detail, headers)


def _problem(status: int, code: str, title: str, detail: str, headers: dict[str, str] | None = None) -> JSONResponse:
    body = Problem(type=TYPE + code, title=title, status=status, detail=detail, code=code)
    return JSONResponse(body.model_dump(), status, headers, media_type="application/problem+json")


def add_error_handlers(app: FastAPI) -> None:
    """Make every error of `app` a problem document."""
    for kind in STATUS:
        app.add_exception_handler(kind, error_response)
    app.add_exception_handler(HTTPException, _http_exception_response)
    app.add_exception_handler(RequestValidationError, _validation_error_response)
    app.add_exception_handler(Exception, _internal_error_response)


def answer_to(error: errors.TaskDataError) -> JSONResponse:
    """The answer to an error that the client can act on."""
    status, title = answer_of(type(error))
    return _problem(status, error.code, title, error.detail, HEADERS.get(type(error)))


async def error_response(request: Request, error: Exception) -> Response:
    """The answer to one of the errors in `STATUS`."""
    if isinstance(error, errors.NotFound | errors.Unauthorized) and wants_page(request):
        status, _ = answer_of(type(error))
        return index_page(status, {"Vary": "Accept", **HEADERS.get(type(error), {})})
    if isinstance(error, errors.TaskDataError):
        return answer_to(error)
    log.warning("%s %s: %s", request.method, request.url.path, error)
    if isinstance(error, errors.StorageFull):
        return problem("storage_full", "The service has no space left for this; nothing was stored. Retry later.")
    return problem(
        "unavailable",
        "Something that the service depends on is unavailable; /readyz names it. Retry soon.",
        {"Retry-After": "2"},
    )


async def _http_exception_response(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    code = CODES.get(error.status_code, "bad_request")
    if code == errors.NotFound.code:
        return await error_response(request, errors.NotFound(f"There is nothing at {request.url.path[:200]}."))
    if code == "method_not_allowed":
        allowed = _allowed(request)
        return problem(code, f"This path does not support {request.method}; it supports {allowed}.", {"Allow": allowed})
    title = OTHERS[code].title
    return _problem(error.status_code, code, title, str(error.detail), dict(error.headers or {}))


def _allowed(request: Request) -> str:
    """The methods that all routes of this path support; a single route knows only its own."""
    scopes = {method: {**request.scope, "method": method} for method in METHODS}
    routes = request.app.routes
    allowed = [m for m, scope in scopes.items() if any(route.matches(scope)[0] == Match.FULL for route in routes)]
    return ", ".join(allowed or ("GET", "HEAD"))  # none match within a mounted folder of files


async def _validation_error_response(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    name = ".".join(str(part) for part in first["loc"][1:])
    why = str(first["msg"])
    return answer_to(errors.InvalidInput(f"The parameter {name} is invalid: {why[:1].lower()}{why[1:]}."))


async def _internal_error_response(request: Request, error: Exception) -> JSONResponse:
    log.error("%s %s", request.method, request.url.path, exc_info=error)
    headers = {  # no middleware sees this answer
        REQUEST_ID: request.state.request_id,
        "Connection": "close",  # uvicorn closes it after this, and the next request on it would be lost
    }
    detail = "The service failed unexpectedly. Its log has the cause, under the X-Request-ID of this answer."
    return problem("internal", detail, headers)
