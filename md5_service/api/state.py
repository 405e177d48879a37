"""The state that the routes of one API process share, and their access to the database. `app.create_app` makes it once."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Concatenate, ParamSpec, TypeVar

from celery import Celery
from fastapi import Depends, Request
from fastapi.security import APIKeyCookie, HTTPBearer
from sqlalchemy import Connection

from md5_service.api.access import cookie
from md5_service.api.access.auth import Keys
from md5_service.api.http.deadline import LongSteps, run_with_deadline
from md5_service.api.upload.commit import Promises
from md5_service.api.upload.hints import Hints
from md5_service.api.upload.intake import Intake
from md5_service.api.upload.retry import Retries
from md5_service.api.watch import Watcher
from md5_service.broker import make_celery
from md5_service.settings import Settings
from md5_task_data.bucket.folder import Bucket
from md5_task_data.database.engine import Database

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True)
class State:
    settings: Settings
    database: Database
    keys: Keys
    bucket: Bucket
    celery: Celery
    hints: Hints
    intake: Intake
    retries: Retries
    watcher: Watcher
    long_steps: LongSteps

    async def read(self, step: Callable[Concatenate[Connection, P], T], *args: P.args, **named: P.kwargs) -> T:
        """Run a step that only reads, as in `await state.read(tasks.get, owner, task_id)`. Raises what the step raises, and
        DependencyAway when the database does not answer in time."""

        def reading() -> T:
            with self.database.reading() as db:
                return step(db, *args, **named)

        return await run_with_deadline(reading)

    async def write(self, step: Callable[Concatenate[Connection, P], T], *args: P.args, **named: P.kwargs) -> T:
        """Run a step in its own transaction. Raises as `read` does; after DependencyAway it may still be committed."""

        def writing() -> T:
            with self.database.transaction() as db:
                return step(db, *args, **named)

        return await run_with_deadline(writing)


def make_state(settings: Settings) -> State:
    """The state for these settings. Connects to nothing yet."""
    database = Database(settings.database_url, echo=settings.sql_echo)
    bucket = Bucket(settings.bucket_url)
    celery = make_celery(settings)
    hints = Hints(celery)
    watcher = Watcher(database, settings.max_watched_per_owner)
    promises = Promises(database, lambda size: bucket.check_room(settings.disk_reserve_bytes + size), hints.send)
    intake = Intake(settings, database, bucket, promises, watcher)
    retries = Retries(database, bucket, promises)
    return State(
        settings, database, Keys(database), bucket, celery, hints, intake, retries, watcher, long_steps=LongSteps()
    )


# Dependencies are `async`: FastAPI runs others in a thread, which costs more than the work itself.
async def _state(request: Request) -> State:
    state: State = request.app.state.api
    return state


_bearer = HTTPBearer(
    auto_error=False,
    description="An API key from `md5-service key create`. Required if the service runs with MD5_AUTH=keys",
)

_cookie = APIKeyCookie(
    name=cookie.NAME,
    auto_error=False,
    description="The same key, in the cookie that `POST /v1/session` sets in a browser. Over HTTPS its name is `__Host-md5_key`",
)


async def _owner(
    request: Request, _: Annotated[object, Depends(_bearer)], __: Annotated[object, Depends(_cookie)]
) -> str:
    """The owner that `auth` found. `_bearer` and `_cookie` only describe authentication in the OpenAPI document."""
    owner: str = request.state.owner
    return owner


StateDep = Annotated[State, Depends(_state)]
Owner = Annotated[str, Depends(_owner)]
