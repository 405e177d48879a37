"""/healthz: this process answers. /readyz: everything that it needs does, too."""

import asyncio
import functools
from concurrent.futures import ThreadPoolExecutor

from fastapi import APIRouter, Response

from md5_service.api import schemas
from md5_service.api.conventions import answer_head
from md5_service.api.in_time import in_time
from md5_service.api.services import Shared
from md5_service.checks import Check, checks
from md5_task_data.errors import DependencyAway

router = APIRouter(tags=["health"])

MOST_CHECKS = 4  # of one name, under way at the same time


@router.get("/healthz", response_model=schemas.Health)
async def alive() -> schemas.Health:
    """This process answers."""
    return schemas.Health(status="ok")


@router.get("/readyz", response_model=schemas.Health, responses={503: {"model": schemas.Health}})
async def ready(response: Response, shared: Shared) -> schemas.Health:
    """Database, broker, bucket and log folder, each with `ok` or what is wrong."""
    looked_at = checks(shared.settings, shared.database, shared.celery)
    found = await asyncio.gather(*(_outcome(name, check) for name, check in looked_at.items()))
    is_ready = all(outcome == "ok" for outcome in found)
    response.status_code = 200 if is_ready else 503
    return schemas.Health(status="ok" if is_ready else "away", checks=dict(zip(looked_at, found, strict=True)))


async def _outcome(name: str, check: Check) -> str:
    try:
        await in_time(check, _threads(name))
    except DependencyAway as error:
        return str(error)
    return "ok"


@functools.cache
def _threads(name: str) -> ThreadPoolExecutor:
    """Each check has its own: requests that hang, and other checks, must not make it look as if its server were away."""
    return ThreadPoolExecutor(MOST_CHECKS, thread_name_prefix=f"check-{name}")


answer_head(router)
