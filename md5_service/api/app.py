"""Assembles the API."""

import gc
import logging
import os
import resource
import signal
import sys
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from types import FrameType, ModuleType
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.telemetry import TelemetryConfig

from md5_service import logs, tracing
from md5_service.api import routes
from md5_service.api.access.auth import KeyAuth
from md5_service.api.http import protocol
from md5_service.api.http.errors import add_error_handlers
from md5_service.api.http.head import RequestHead
from md5_service.api.http.openapi import describe_results, omit_security
from md5_service.api.routes import events, health, help, manifest, metrics, page, session, stats, tasks, tasks_csv
from md5_service.api.state import make_state
from md5_service.api.upload import intake
from md5_service.api.watch import Watcher
from md5_service.settings import Settings, settings_of_process
from md5_task_data import failpoints
from md5_task_data.errors import CannotLoad
from md5_task_data.registry import KINDS, WITH_ROUTES, module_of

log = logging.getLogger(__name__)

DESCRIPTION = """Upload a file and get an id at once. The id is a **promise**: whatever crashes meanwhile, its task finishes as
`done` or `failed` with the right result, and the shared log has exactly one line about it.

Errors are `application/problem+json` (RFC 9457) with a stable `code`, and a `detail` that says what was wrong and what to do.
Times are in UTC, in the format of RFC 3339."""

SWITCH_S = 0.0005  # seconds for which a computing thread may keep the event loop waiting

# Only requests that create tasks are traced, and only if `tracing` is on: other requests are not part of any file's way.
TELEMETRY: TelemetryConfig = {
    "exclude": lambda scope: scope.get("method") != "POST",
    "operation_spans": False,
    "metrics": False,
    "logs": False,
    "auto_configure": False,
}


def app_of_process() -> FastAPI:
    """The API of an API process, which exits if a setting is wrong or a kind cannot be loaded."""
    settings = settings_of_process()
    logs.configure(settings.log_level)
    try:
        return create_app(settings)
    except CannotLoad as error:
        log.critical("the API cannot start: %s", error, exc_info=error)
        raise SystemExit(os.EX_CONFIG) from error


def create_app(settings: Settings) -> FastAPI:
    """The API with these settings. It connects to nothing before the first request. Raises CannotLoad."""
    state = make_state(settings)
    failpoints.arm(settings.failpoints)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[dict[str, protocol.Limits]]:
        tracing.configure("md5-api")
        state.hints.start()
        # Otherwise it is a server within a test's process, which no signal stops.
        if threading.current_thread() is threading.main_thread():
            _release_at_stop(state.watcher)
            _collect_less()
            sys.setswitchinterval(SWITCH_S)
        limits = protocol.Limits(settings.header_timeout_s, settings.send_timeout_s, _connections(settings))
        yield {protocol.LIMITS: limits}
        state.watcher.release_all()
        state.hints.stop()
        state.database.close()
        tracing.stop()

    app = FastAPI(
        title="File Intake",
        version="0.1.0",
        description=DESCRIPTION,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,  # a redirect would turn a POST into a GET
        telemetry={**TELEMETRY, "tracing": tracing.is_wanted()},
    )
    app.state.api = state
    app.add_middleware(KeyAuth, settings=settings, keys=state.keys, pages=page.PATHS)
    app.add_middleware(RequestHead, max_bytes=settings.max_header_bytes, max_fields=settings.max_headers)
    add_error_handlers(app)
    intake.add_route(app, state.intake)
    # Events before tasks: otherwise /v1/tasks/{id} would match /v1/tasks/events.
    for module in (
        events,
        tasks,
        tasks_csv,
        *_routes_of_kinds(),
        manifest,
        stats,
        session,
        health,
        metrics,
        page,
        help,
    ):
        app.include_router(module.router)
    page.add_assets(app)
    help.add_help(app)
    describe_results(app)
    if settings.auth != "keys":
        omit_security(app)
    return app


def _routes_of_kinds() -> list[ModuleType]:
    """Raises CannotLoad."""
    modules = [module_of(KINDS[name], routes.__name__) for name in WITH_ROUTES]
    for name, module in zip(WITH_ROUTES, modules, strict=True):
        if not isinstance(getattr(module, "router", None), APIRouter):
            raise CannotLoad(name, f"{module.__name__} has no `router`")
    return modules


def _connections(settings: Settings) -> int:
    """The number of connections that can be served: each is an open file, and serving it opens others."""
    _, most_files = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most_files, most_files))  # the soft limit is often only 1,024
    return min(settings.max_connections, most_files // 2)


def _release_at_stop(watcher: Watcher) -> None:
    """End all waits as soon as the process is asked to stop, because the server waits for requests in progress."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _after(watcher.release_all, signal.getsignal(number)))


def _collect_less() -> None:
    """Make garbage collections rare. Most objects that exist now stay, and requests leave hardly any cycles; Python's defaults
    would cost an eighth of the process's time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


def _after(first: Callable[[], None], then: Any) -> Callable[[int, FrameType | None], None]:
    def handle(number: int, frame: FrameType | None) -> None:
        first()
        if callable(then):
            then(number, frame)

    return handle
