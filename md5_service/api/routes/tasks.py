"""/v1/tasks: hand a file over, ask for it by id, list, cancel."""

import contextlib
import re
from collections.abc import Mapping
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, Header, Query, Request, Response

from md5_service.api.access.rates import LARGEST_PAGE
from md5_service.api.http import openapi, schemas
from md5_service.api.http.conventions import PlainRoute, answer_head, known_parameters, link_next
from md5_service.api.http.deadline import in_time
from md5_service.api.http.download import Download
from md5_service.api.http.openapi import AnyText, TaskId, Text
from md5_service.api.state import Owner, Services, Shared
from md5_service.api.upload.intake import UNNAMED
from md5_task_data import tasks
from md5_task_data.bucket import small_files
from md5_task_data.errors import DependencyAway, TooMany
from md5_task_data.registry import KINDS
from md5_task_data.schema import STATUSES, Row
from md5_task_data.upkeep import results

router = APIRouter(prefix="/v1/tasks", tags=["tasks"], dependencies=[Depends(known_parameters)])

LONGEST_WAIT_S = 60
LONGEST_SAVED = 255  # bytes of a file's name, in most file systems

Prefer = Annotated[Text, Header(description=openapi.PREFER)]
IfNoneMatch = Annotated[Text, Header(description="An `ETag`, or several: then 304 where nothing changed since")]
IdempotencyKey = Annotated[
    Text, Header(json_schema_extra={"pattern": openapi.KEY}, description=openapi.IDEMPOTENCY_KEY)
]


async def hand_over(request: Request) -> Response:
    """Hand a file over and get its id at once. The id is a promise: it ends in `done` or `failed`, whatever happens.

    Send a multipart form with the part `file`, or the bare bytes as the body; then `kind`, `filename`, `batch` and the
    kind's own parameters go into the query.
    """
    shared: Services = request.app.state.services
    row, is_new = await shared.intake.take(request, request.state.owner, request.headers.get("idempotency-key"))
    granted: dict[str, str] = {}
    with contextlib.suppress(DependencyAway):  # the promise is made, and its id must get out
        row, granted = await _after_waiting(shared, row, request.headers.get("prefer"))
    return _accepted(row, is_new, granted)


def add_inbox(app: FastAPI) -> None:
    """By a route of the app's own: those of a router that it includes are looked up twice."""
    app.router.add_api_route(
        "/v1/tasks",
        hand_over,
        methods=["POST"],
        tags=["tasks"],
        status_code=202,
        response_model=schemas.Task,
        openapi_extra=openapi.FILE_SENT,
        responses=openapi.ACCEPTED | schemas.problems(408, 409, 411, 413, 415, 422, 507),
        route_class_override=PlainRoute,
    )


@router.get("/{task_id}", response_model=schemas.Task, responses=openapi.STATE | schemas.problems(404, 422))
async def get_task(
    task_id: TaskId,
    response: Response,
    shared: Shared,
    owner: Owner,
    prefer: Prefer = None,
    if_none_match: IfNoneMatch = None,
) -> schemas.Task | Response:
    """A task by its id; 404 for an id that was never given out."""
    row = await in_time(lambda: _read(shared, owner, task_id))
    row, granted = await _after_waiting(shared, row, prefer)
    response.headers.update(granted)
    task = schemas.task(row)
    etag = f'"{schemas.etag(task)}"'
    if _is_known(etag, if_none_match):
        return Response(status_code=304, headers={"ETag": etag})
    response.headers["ETag"] = etag
    return task


@router.get("", response_model=schemas.Page, responses=openapi.PAGE | schemas.problems(422))
async def list_tasks(
    request: Request,
    shared: Shared,
    owner: Owner,
    kind: Annotated[Text, Query(json_schema_extra={"enum": list(KINDS)})] = None,
    status: Annotated[Text, Query(json_schema_extra={"enum": list(STATUSES)})] = None,
    filename: AnyText = None,
    filename__contains: Annotated[
        AnyText, Query(description="Upper and lower case are alike; on SQLite only of ASCII letters")
    ] = None,
    md5: AnyText = None,
    batch: AnyText = None,
    limit: Annotated[int, Query(ge=1, le=LARGEST_PAGE)] = 100,
    cursor: Annotated[
        Text, Query(description="`next` of the page before", json_schema_extra={"pattern": openapi.CURSOR})
    ] = None,
) -> Response:
    """Tasks, newest first, in pages."""
    filters = {
        "kind": kind,
        "status": status,
        "filename": filename,
        "filename__contains": filename__contains,
        "md5": md5,
        "batch": batch,
    }
    page, following = await shared.turns.take(owner, lambda: _page(shared, owner, filters, limit, cursor))
    response = Response(page, media_type="application/json")
    link_next(request, response, following)
    return response


@router.delete("/{task_id}", response_model=schemas.Task, responses=schemas.problems(404, 409, 422))
async def cancel_task(task_id: TaskId, shared: Shared, owner: Owner) -> schemas.Task:
    """Cancel a task whose outcome is not yet decided. It gets its line in the log as every other."""
    return schemas.task(await in_time(lambda: _cancel(shared, owner, task_id)))


@router.post(
    "/{task_id}/retry",
    status_code=202,
    response_model=schemas.Task,
    responses=openapi.ACCEPTED | schemas.problems(404, 409, 410, 422, 507),
)
async def retry_task(task_id: TaskId, shared: Shared, owner: Owner, idempotency_key: IdempotencyKey = None) -> Response:
    """A new task for the same bytes, where this one failed or was cancelled and its bytes are still kept."""
    return _accepted(*await shared.intake.again(owner, task_id, idempotency_key))


@router.get(
    "/{task_id}/file",
    response_class=Download,
    openapi_extra=openapi.RANGES,
    responses=openapi.FILE | schemas.problems(404, 410, 416, 422),
)
async def get_file(task_id: TaskId, shared: Shared, owner: Owner, if_none_match: IfNoneMatch = None) -> Response:
    """The bytes, while they are kept: until `MD5_KEEP_UPLOADS_S` after the end. Ranges can be asked for."""
    download = await in_time(lambda: _download(shared, owner, task_id))
    etag = download.headers["ETag"]
    return Response(status_code=304, headers={"ETag": etag}) if _is_known(etag, if_none_match) else download


@router.delete(
    "/{task_id}/results", status_code=204, response_class=Response, responses=schemas.problems(404, 409, 422)
)
async def delete_results(task_id: TaskId, shared: Shared, owner: Owner) -> None:
    """Delete the bytes of a task that has ended, before their time is up, and what was derived from them. The task stays, with
    its digest and its line in the log, and says when in `results_deleted_at`. Again: 204 again."""
    await in_time(lambda: _delete_results(shared, owner, task_id))
    while await in_time(lambda: _delete_derived(shared, task_id.lower())):
        pass  # where the client goes, or the database, the sweeper goes on
    await in_time(lambda: _delete_bytes(shared, task_id.lower()))


def _is_known(etag: str, if_none_match: str | None) -> bool:
    """Whether the client has that already (RFC 9110, 13.1.2)."""
    return if_none_match is not None and (if_none_match.strip() == "*" or etag in if_none_match)


def _accepted(row: Row, is_new: bool, granted: Mapping[str, str] = MappingProxyType({})) -> Response:
    headers = {"Location": f"/v1/tasks/{row['id']}", "Retry-After": "1", **granted}
    if not is_new:
        headers["Idempotent-Replayed"] = "true"
    return Response(schemas.task(row).model_dump_json(), 202, headers, "application/json")


def _download(shared: Services, owner: str, task_id: str) -> Download:
    with shared.database.reading() as db:
        row = tasks.get(db, owner, task_id)
        content = small_files.get_all(db, [row["id"]]).get(row["id"])
    tasks.check_kept(row)
    stored = shared.bucket.file(row["id"]) if content is None else content
    etag = {"ETag": f'"{row["id"]}"'}  # the bytes under an id never change
    return Download(stored, headers=etag, media_type=openapi.BYTES, filename=_saved_as(row["filename"]))


def _saved_as(name: str) -> str:
    """The last part of a path, as long as a file's name may be: what is longer a browser cuts, and a proxy refuses."""
    last = PurePosixPath(name).name or UNNAMED
    return last.encode()[-LONGEST_SAVED:].decode(errors="ignore")


def _delete_results(shared: Services, owner: str, task_id: str) -> None:
    with shared.database.transaction() as db:
        tasks.delete_results(db, owner, task_id)


def _delete_derived(shared: Services, task_id: str) -> bool:
    with shared.database.transaction() as db:
        return results.delete_some(db, task_id)


def _delete_bytes(shared: Services, task_id: str) -> None:
    with contextlib.suppress(DependencyAway):  # then the sweeper does it
        shared.bucket.delete(task_id)


def _cancel(shared: Services, owner: str, task_id: str) -> Row:
    with shared.database.transaction() as db:
        return tasks.cancel(db, owner, task_id)


def _page(
    shared: Services, owner: str, filters: Mapping[str, str | None], limit: int, cursor: str | None
) -> tuple[str, str | None]:
    """As JSON, and the cursor of the next."""
    with shared.database.reading() as db:
        rows, following = tasks.page(db, owner, filters=filters, limit=limit, cursor=cursor)
    return schemas.Page(items=[schemas.task(row) for row in rows], next=following).model_dump_json(), following


def _read(shared: Services, owner: str, task_id: str) -> Row:
    with shared.database.reading() as db:
        return tasks.get(db, owner, task_id)


async def _after_waiting(shared: Services, row: Row, prefer: str | None) -> tuple[Row, dict[str, str]]:
    """The row as it is when the client's wait (RFC 7240) is over, and the header that says which wait was granted."""
    asked = re.search(r"(?:^|[\s,;])wait\s*=\s*\"?(\d{1,9})(?![\d.])", prefer, re.IGNORECASE) if prefer else None
    if asked is None:
        return row, {}
    seconds = min(int(asked[1]), LONGEST_WAIT_S)
    try:
        return await shared.watcher.until_ended(row, seconds), {"Preference-Applied": f"wait={seconds}"}
    except TooMany:  # then the answer comes at once
        return row, {}


answer_head(router)
