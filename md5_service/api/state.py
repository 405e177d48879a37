"""What the routes of one API process share, made once by `app.create_app`."""

from dataclasses import dataclass
from typing import Annotated

from celery import Celery
from fastapi import Depends, Request
from fastapi.security import APIKeyCookie, HTTPBearer

from md5_service.api.access import cookie
from md5_service.api.access.auth import Keys
from md5_service.api.http.deadline import Turns
from md5_service.api.upload.intake import Hints, Intake
from md5_service.api.watch import Watcher
from md5_service.broker import make_celery
from md5_service.settings import Settings
from md5_task_data.bucket.folder import Bucket
from md5_task_data.database.engine import Database


@dataclass(frozen=True)
class Services:
    settings: Settings
    database: Database
    keys: Keys
    bucket: Bucket
    celery: Celery
    hints: Hints
    intake: Intake
    watcher: Watcher
    turns: Turns


def make_services(settings: Settings) -> Services:
    """Connects to nothing yet."""
    database = Database(settings.database_url, echo=settings.sql_echo)
    bucket = Bucket(settings.bucket_url)
    celery = make_celery(settings)
    hints = Hints(celery)
    intake = Intake(settings, database, bucket, hints)
    watcher = Watcher(database, settings.max_watched_per_owner)
    return Services(settings, database, Keys(database), bucket, celery, hints, intake, watcher, Turns())


# Dependencies are `async`: FastAPI runs others in a thread, which costs more than they do.
async def _services(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


_bearer = HTTPBearer(auto_error=False, description="A key that `md5-service key create` has made, where MD5_AUTH=keys")

_cookie = APIKeyCookie(
    name=cookie.NAME,
    auto_error=False,
    description="The same key, as `POST /v1/session` gives it to a browser; over HTTPS its name is `__Host-md5_key`",
)


async def _owner(
    request: Request, _: Annotated[object, Depends(_bearer)], __: Annotated[object, Depends(_cookie)]
) -> str:
    """Whose task it is, as `auth` has found; `_bearer` and `_cookie` only tell the OpenAPI document."""
    owner: str = request.state.owner
    return owner


Shared = Annotated[Services, Depends(_services)]
Owner = Annotated[str, Depends(_owner)]
