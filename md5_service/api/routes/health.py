"""/healthz: this process answers. /readyz: its dependencies answer, too. The answer names what is unavailable and nothing else:
paths, addresses and drivers' messages go to the log and to `md5-service doctor`."""

import asyncio
import functools
import logging
from concurrent.futures import ThreadPoolExecutor
from typing import Literal

from fastapi import APIRouter, Response

from md5_service.api.http import schemas
from md5_service.api.http.conventions import add_head_routes
from md5_service.api.http.deadline import run_with_deadline
from md5_service.api.state import State, StateDep
from md5_service.readiness import Check, checks
from md5_task_data.errors import DependencyAway
from md5_task_data.log import statistics

log = logging.getLogger(__name__)
router = APIRouter(tags=["health"])

# The last message logged for each check. Only changes are logged, because anyone may ask, as often as they like.
_told: dict[str, str] = {}

MOST_CHECKS = 4  # of one name, running at the same time


@router.get("/healthz", summary="Check that the process answers", response_model=schemas.Health)
async def alive() -> schemas.Health:
    """Answers 200 as long as this API process runs. It checks no dependency."""
    return schemas.Health(status="ok")


@router.get(
    "/readyz",
    summary="Check the service's dependencies",
    response_model=schemas.Health,
    responses={503: {"model": schemas.Health}},
)
async def ready(response: Response, state: StateDep) -> schemas.Health:
    """Database, broker, bucket and log folder, each `ok` or `away`; the log says why. `kinds` is `away` while tasks wait for a
    worker that supports their kind, because workers are older than this API. Files are still accepted then, so the status is
    200."""
    looked_at = checks(state.settings, state.database, state.celery)
    outcomes = await asyncio.gather(*(_outcome(name, check) for name, check in looked_at.items()))
    found = dict(zip(looked_at, outcomes, strict=True))
    is_ready = all(outcome == "ok" for outcome in outcomes)
    if is_ready:
        found["kinds"] = await _outcome("kinds", lambda: _check_kinds(state))
    response.status_code = 200 if is_ready else 503
    return schemas.Health(status="ok" if is_ready else "away", checks=found)


def _check_kinds(state: State) -> None:
    with state.database.reading() as db:
        if left := statistics.left_kinds(db):
            raise DependencyAway(
                f"tasks of kind {', '.join(left)} wait for a worker that supports it; upgrade the workers"
            )


async def _outcome(name: str, check: Check) -> Literal["ok", "away"]:
    try:
        await run_with_deadline(check, _threads(name))
    except DependencyAway as error:
        if _told.get(name) != str(error):
            log.warning("%s: %s", name, error)
        _told[name] = str(error)
        return "away"
    _told.pop(name, None)
    return "ok"


@functools.cache
def _threads(name: str) -> ThreadPoolExecutor:
    """Each check has its own threads: hanging requests or other checks must not make its server look unavailable."""
    return ThreadPoolExecutor(MOST_CHECKS, thread_name_prefix=f"check-{name}")


add_head_routes(router)
