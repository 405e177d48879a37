"""/healthz: this process answers. /readyz: everything that it needs does, too."""

import os
from collections.abc import Callable

from fastapi import APIRouter, Response

from md5_service.api import schemas
from md5_service.api.services import Services, Shared
from md5_service.broker import is_idle
from md5_task_data import migrations
from md5_task_data.errors import DependencyAway

router = APIRouter(tags=["health"])


@router.get("/healthz", response_model=schemas.Health)
async def alive() -> schemas.Health:
    """This process answers."""
    return schemas.Health(status="ok")


@router.get("/readyz", response_model=schemas.Health, responses={503: {"model": schemas.Health}})
def ready(response: Response, shared: Shared) -> schemas.Health:
    """Database, broker, bucket and log folder, each with `ok` or what is wrong."""
    checks = {name: _outcome(check, shared) for name, check in CHECKS.items()}
    is_ready = all(outcome == "ok" for outcome in checks.values())
    response.status_code = 200 if is_ready else 503
    return schemas.Health(status="ok" if is_ready else "away", checks=checks)


def _outcome(check: Callable[[Services], str], shared: Services) -> str:
    try:
        return check(shared)
    except DependencyAway as error:
        return str(error)


def _database(shared: Services) -> str:
    return (
        "ok"
        if migrations.is_current(shared.database)
        else "its schema is not of this version; run `md5-service migrate`"
    )


def _broker(shared: Services) -> str:
    is_idle(shared.celery)
    return "ok"


def _bucket(shared: Services) -> str:
    return _writable(shared.bucket.root)


def _log_folder(shared: Services) -> str:
    return _writable(shared.settings.log_path.parent)  # the folder only: nobody but its writers opens the log


def _writable(folder: os.PathLike[str]) -> str:
    return "ok" if os.access(folder, os.W_OK | os.X_OK) else f"the folder {folder} is not there or cannot be written"


CHECKS = {"database": _database, "broker": _broker, "bucket": _bucket, "log": _log_folder}
