"""POST /v1/tasks: receives every upload and creates its task. The row of the task is the promise."""

import contextlib
import functools
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import uuid_utils
from fastapi import FastAPI, Request, Response
from fastapi.routing import APIRoute
from starlette.routing import request_response
from starlette.types import Receive, Scope, Send

from md5_service import tracing
from md5_service.api.http import openapi, schemas
from md5_service.api.upload.commit import Promises
from md5_service.api.upload.idempotency import Key, Taken, held
from md5_service.api.upload.places import Places
from md5_service.api.upload.receive import Received, receive, request_head
from md5_service.api.upload.sink import Sink
from md5_service.api.watch import Watcher
from md5_service.settings import Settings
from md5_task_data import names, registry, tasks
from md5_task_data.bucket.folder import Bucket
from md5_task_data.database.engine import Database
from md5_task_data.errors import DependencyAway, InvalidInput
from md5_task_data.failpoints import reach
from md5_task_data.kinds.kind import Kind

UNNAMED = "unnamed"


class Intake:
    """Receives uploads. One per API process."""

    def __init__(
        self, settings: Settings, database: Database, bucket: Bucket, promises: Promises, watcher: Watcher
    ) -> None:
        self._settings = settings
        self._database = database
        self._bucket = bucket
        self._promises = promises
        self._watcher = watcher
        self._places = Places(settings.max_uploads, settings.max_uploads_per_owner)

    async def hand_over(self, request: Request) -> Response:
        """Upload a file and get the id of its task at once. The id is a promise: whatever happens, the task finishes as `done` or
        `failed`, unless it is cancelled.

        Send a multipart form with the part `file`, or the file itself as the body; then put `kind`, `filename`, `batch` and the
        kind's own parameters into the query.
        """
        owner, task_id = request.state.owner, str(uuid_utils.uuid7())
        with self._places.one(owner):
            async with held(request.headers.get("idempotency-key"), self._database, owner, task_id) as key:
                row, is_new = await self._take(request, owner, task_id, key)
        granted: dict[str, str] = {}
        with contextlib.suppress(DependencyAway):  # the promise is made, so its id must reach the client
            row, granted = await self._watcher.wait_as_preferred(row, request.headers.get("prefer"))
        return accepted(Taken(row, is_new), granted)

    async def _take(self, request: Request, owner: str, task_id: str, key: Key | None) -> Taken:
        """Receive the body and commit the row. If anything fails before the commit, nothing stays stored."""
        received = request_head(request, self._settings)
        if received.boundary is None:
            new_task(
                self._settings, task_id, owner, received, 0
            )  # so that invalid parameters are refused before the body arrives
        sink = self._sink(task_id, received.declared, with_digest=key is not None)
        try:
            with tracing.span("receive file", task_id=task_id):
                await receive(request, received, sink, self._settings)
                new = new_task(self._settings, task_id, owner, received, sink.size, sink.content)
                reach("intake.received")
                if key is not None and (earlier := await key.earlier(new, sink.digest())) is not None:
                    await sink.discard()
                    return Taken(earlier, is_new=False)
                await sink.store()
        except BaseException:
            await sink.discard()
            raise
        return Taken(await self._promises.make(new, sink.forget, key), is_new=True)

    def _sink(self, task_id: str, expected: int, *, with_digest: bool) -> Sink:
        reserve = self._settings.disk_reserve_bytes
        begin = functools.partial(self._bucket.receive, task_id, reserve=reserve, expected=expected)
        most, small = self._settings.max_upload_bytes, self._settings.small_file_bytes
        return Sink(begin, most, small=small, with_digest=with_digest)


def new_task(
    settings: Settings, task_id: str, owner: str, received: Received, size: int, content: bytes | None = None
) -> tasks.NewTask:
    """The task that a request asks for. Raises InvalidInput."""
    fields = dict(received.fields)
    kind = registry.uploaded(fields.pop("kind", registry.DEFAULT))
    batch = names.checked_batch(fields.pop("batch", None))
    filename = names.checked_name(fields.pop("filename", received.filename or "") or UNNAMED)
    defaults = {name: getattr(settings, setting) for name, setting in kind.defaults.items()}
    params = kind.checked(defaults | _with_digests(kind, fields, received.digests))
    return tasks.NewTask(task_id, owner, kind.name, filename, size, batch, params, content=content)


def _with_digests(kind: Kind, fields: dict[str, str], digests: Mapping[str, str]) -> dict[str, str]:
    """The parameters, with the MD5 from headers added if the kind compares one."""
    if kind.takes("expected_md5"):
        for header, digest in digests.items():
            if fields.setdefault("expected_md5", digest).strip().lower() != digest:
                raise InvalidInput(
                    f"The MD5 in the header {header} ({digest}) differs from the parameter expected_md5 or another header."
                )
    return fields


def accepted(taken: Taken, headers: Mapping[str, str] = MappingProxyType({})) -> Response:
    """The 202 answer with the task."""
    headers = {"Location": f"/v1/tasks/{taken.row['id']}", "Retry-After": "1", **headers}
    if not taken.is_new:
        headers["Idempotent-Replayed"] = "true"
    return Response(schemas.task(taken.row).model_dump_json(), 202, headers, "application/json")


class _PlainRoute(APIRoute):
    """A route whose function takes the request and returns the response itself. With many small files, FastAPI's handling of
    parameters, types and cleanup would cost as much as everything else."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._plain = request_response(self.endpoint)

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_ours = scope["method"] in (self.methods or ())
        await (self._plain if is_ours else super().handle)(scope, receive, send)


def add_route(app: FastAPI, intake: Intake) -> None:
    """Add the route to the app itself: routes of an included router are looked up twice."""
    app.router.add_api_route(
        "/v1/tasks",
        intake.hand_over,
        methods=["POST"],
        summary="Upload a file",
        tags=["tasks"],
        status_code=202,
        response_model=schemas.Task,
        openapi_extra=openapi.FILE_SENT,
        responses=openapi.ACCEPTED | schemas.problems(408, 409, 411, 413, 415, 422, 507),
        route_class_override=_PlainRoute,
    )
