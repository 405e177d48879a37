"""/healthz: this process answers. /readyz: everything that it needs does, too."""

import asyncio

from fastapi import APIRouter, Response

from md5_service.api import schemas
from md5_service.api.in_time import in_time
from md5_service.api.services import Shared
from md5_service.checks import Check, checks
from md5_task_data.errors import DependencyAway

router = APIRouter(tags=["health"])


@router.get("/healthz", response_model=schemas.Health)
async def alive() -> schemas.Health:
    """This process answers."""
    return schemas.Health(status="ok")


@router.get("/readyz", response_model=schemas.Health, responses={503: {"model": schemas.Health}})
async def ready(response: Response, shared: Shared) -> schemas.Health:
    """Database, broker, bucket and log folder, each with `ok` or what is wrong."""
    looked_at = checks(shared.settings, shared.database, shared.celery)
    found = await asyncio.gather(*map(_outcome, looked_at.values()))
    is_ready = all(outcome == "ok" for outcome in found)
    response.status_code = 200 if is_ready else 503
    return schemas.Health(status="ok" if is_ready else "away", checks=dict(zip(looked_at, found, strict=True)))


async def _outcome(check: Check) -> str:
    try:
        await in_time(check)
    except DependencyAway as error:
        return str(error)
    return "ok"
