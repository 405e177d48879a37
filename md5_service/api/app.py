"""The wiring of the API, and nothing else."""

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

DESCRIPTION = """Hand a file over, get an id at once. The id is a **promise**: it always ends in `done` or `failed`, with the
right result, and exactly one line about it stands in one shared log, whatever crashed on the way.

Errors are `application/problem+json` (RFC 9457) with a stable `code` and a `detail` that says what to do.
Times are RFC 3339 in UTC."""

SWITCH_S = 0.0005  # a thread that computes keeps the event loop from its turn for so long, each time

# Only the requests that make tasks are traced, and only where `tracing` is on: whoever asks or waits is in no file's way.
TELEMETRY: TelemetryConfig = {
    "exclude": lambda scope: scope.get("method") != "POST",
    "operation_spans": False,
    "metrics": False,
    "logs": False,
    "auto_configure": False,
}


def app_of_process() -> FastAPI:
    """The API of a process that is nothing else. Ends it where a setting is wrong, or a kind cannot be loaded."""
    settings = settings_of_process()
    logs.configure(settings.log_level)
    try:
        return create_app(settings)
    except CannotLoad as error:
        log.critical("the API cannot start: %s", error, exc_info=error)
        raise SystemExit(os.EX_CONFIG) from error


def create_app(settings: Settings) -> FastAPI:
    """The API on these settings. Connects to nothing before the first request. Raises CannotLoad."""
    state = make_state(settings)
    failpoints.arm(settings.failpoints)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[dict[str, protocol.Limits]]:
        tracing.configure("md5-api")
        state.hints.start()
        # Else it is a test's server, which is not the whole process, and which no signal stops.
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
        title="md5-service",
        version="0.1.0",
        description=DESCRIPTION,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,  # an address is right, or a 404; a redirect would make of a POST something else
        telemetry={**TELEMETRY, "tracing": tracing.is_wanted()},
    )
    app.state.api = state
    app.add_middleware(KeyAuth, settings=settings, keys=state.keys, pages=page.PATHS)
    app.add_middleware(RequestHead, max_bytes=settings.max_header_bytes, max_fields=settings.max_headers)
    add_error_handlers(app)
    intake.add_route(app, state.intake)
    # Events before tasks: else /v1/tasks/events would be /v1/tasks/{id}.
    for module in (events, tasks, tasks_csv, *_routes_of_kinds(), manifest, stats, session, health, metrics, page, help):
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
    """How many can be served: each is an open file, and what is done for it opens others."""
    _, most_files = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most_files, most_files))  # often no more than 1,024 before
    return min(settings.max_connections, most_files // 2)


def _release_at_stop(watcher: Watcher) -> None:
    """End the waits as soon as the process is asked to stop: the server waits for every request that is under way."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _after(watcher.release_all, signal.getsignal(number)))


def _collect_less() -> None:
    """Most of what there is by now stays, and a request leaves next to no cycles: to look for them so often as Python does costs
    an eighth of the process's time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


def _after(first: Callable[[], None], then: Any) -> Callable[[int, FrameType | None], None]:
    def handle(number: int, frame: FrameType | None) -> None:
        first()
        if callable(then):
            then(number, frame)

    return handle
