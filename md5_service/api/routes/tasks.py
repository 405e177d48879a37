"""/v1/tasks: get, list, cancel and retry tasks, and download or delete their files. `upload.intake` creates them."""

import asyncio
import contextlib
import time
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Request, Response

from md5_service.api.http import openapi, schemas
from md5_service.api.http.conventions import Limit, add_head_routes, link_next, reject_unknown_parameters
from md5_service.api.http.deadline import run_with_deadline
from md5_service.api.http.download import Download
from md5_service.api.http.filters import Filters
from md5_service.api.http.openapi import TaskId, Text
from md5_service.api.state import Owner, State, StateDep
from md5_service.api.upload.intake import UNNAMED, accepted
from md5_task_data import tasks
from md5_task_data.bucket import small_files
from md5_task_data.errors import DependencyAway
from md5_task_data.upkeep import results

router = APIRouter(prefix="/v1/tasks", tags=["tasks"], dependencies=[Depends(reject_unknown_parameters)])

DELETES_FOR_S = 20.0  # while the client waits; many give up after 30
LONGEST_SAVED = 255  # bytes of a file name in most file systems

Prefer = Annotated[Text, Header(description=openapi.PREFER)]
IfNoneMatch = Annotated[
    Text, Header(description="One or more `ETag`s; the answer is 304 if one of them is still current")
]
IdempotencyKey = Annotated[
    Text, Header(json_schema_extra={"pattern": openapi.KEY}, description=openapi.IDEMPOTENCY_KEY)
]


@router.get(
    "/{task_id}",
    summary="Get a task",
    response_model=schemas.Task,
    responses=openapi.STATE | schemas.problems(404, 422),
)
async def get_task(
    task_id: TaskId,
    response: Response,
    state: StateDep,
    owner: Owner,
    prefer: Prefer = None,
    if_none_match: IfNoneMatch = None,
) -> schemas.Task | Response:
    """The task with this id, immediately or after waiting with `Prefer: wait=N`."""
    row = await state.read(tasks.get, owner, task_id)
    row, granted = await state.watcher.wait_as_preferred(row, prefer)
    response.headers.update(granted)
    task = schemas.task(row)
    etag = f'"{schemas.etag(task)}"'
    if _is_known(etag, if_none_match):
        return Response(status_code=304, headers={"ETag": etag})
    response.headers["ETag"] = etag
    return task


@router.get("", summary="List tasks", response_model=schemas.Page, responses=openapi.PAGE | schemas.problems(422))
async def list_tasks(
    request: Request,
    state: StateDep,
    owner: Owner,
    filters: Filters,
    limit: Limit = 100,
    cursor: Annotated[
        Text, Query(description="`next` of the previous page", json_schema_extra={"pattern": openapi.CURSOR})
    ] = None,
) -> Response:
    """The owner's tasks, newest first, in pages. Filters can be combined."""
    page, following = await state.long_steps.run(owner, lambda: _page(state, owner, filters, limit, cursor))
    response = Response(page, media_type="application/json")
    link_next(request, response, following)
    return response


@router.delete(
    "/{task_id}", summary="Cancel a task", response_model=schemas.Task, responses=schemas.problems(404, 409, 422)
)
async def cancel_task(task_id: TaskId, state: StateDep, owner: Owner) -> schemas.Task:
    """Cancel a task whose outcome is not decided yet. A cancelled task gets a log line like any other."""
    return schemas.task(await state.write(tasks.cancel, owner, task_id))


@router.post(
    "/{task_id}/retry",
    summary="Retry a task",
    status_code=202,
    response_model=schemas.Task,
    responses=openapi.ACCEPTED | schemas.problems(404, 409, 410, 422, 507),
)
async def retry_task(
    task_id: TaskId, state: StateDep, owner: Owner, idempotency_key: IdempotencyKey = None
) -> Response:
    """Create a new task for the same file, if this task failed or was cancelled and its bytes are still stored."""
    return accepted(await state.retries.make(owner, task_id, idempotency_key))


@router.get(
    "/{task_id}/file",
    summary="Download a task's file",
    response_class=Download,
    openapi_extra=openapi.RANGES,
    responses=openapi.FILE | schemas.problems(404, 410, 416, 422),
)
async def get_file(task_id: TaskId, state: StateDep, owner: Owner, if_none_match: IfNoneMatch = None) -> Response:
    """The uploaded file. It stays stored for `MD5_KEEP_UPLOADS_S` after the task has finished. Range requests are supported."""
    download = await run_with_deadline(lambda: _download(state, owner, task_id))
    etag = download.headers["ETag"]
    return Response(status_code=304, headers={"ETag": etag}) if _is_known(etag, if_none_match) else download


@router.delete(
    "/{task_id}/results",
    summary="Delete a task's file and results",
    status_code=204,
    response_class=Response,
    responses=schemas.problems(404, 409, 422),
)
async def delete_results(task_id: TaskId, state: StateDep, owner: Owner) -> None:
    """Delete the bytes of a finished task before they expire, and the data derived from them. The task itself stays, with its
    digest and its log line; `results_deleted_at` says when. Repeating the request has no further effect and is answered with
    204. If there are millions of rows, the answer comes after 20 seconds, and the others are deleted in the minutes after it."""
    await state.write(tasks.delete_results, owner, task_id)
    until = time.monotonic() + DELETES_FOR_S
    with contextlib.suppress(DependencyAway):  # it is recorded; the sweeper deletes what is left
        while await state.write(results.delete_some, task_id.lower()) and time.monotonic() < until:
            await asyncio.sleep(results.PAUSE_S)
    await run_with_deadline(lambda: _delete_bytes(state, task_id.lower()))


def _is_known(etag: str, if_none_match: str | None) -> bool:
    """Whether the client already has this state (RFC 9110, 13.1.2)."""
    return if_none_match is not None and (if_none_match.strip() == "*" or etag in if_none_match)


def _download(state: State, owner: str, task_id: str) -> Download:
    with state.database.reading() as db:
        row = tasks.get(db, owner, task_id)
        content = small_files.get_all(db, [row["id"]]).get(row["id"])
    tasks.check_kept(row)
    stored = state.bucket.file(row["id"]) if content is None else content
    etag = {"ETag": f'"{row["id"]}"'}  # the bytes under an id never change
    return Download(stored, headers=etag, media_type=openapi.BYTES, filename=_saved_as(row["filename"]))


def _saved_as(name: str) -> str:
    """The last part of a path, cut to the length of a file name: browsers cut longer names, and proxies refuse them."""
    last = PurePosixPath(name).name or UNNAMED
    return last.encode()[-LONGEST_SAVED:].decode(errors="ignore")


def _delete_bytes(state: State, task_id: str) -> None:
    with contextlib.suppress(DependencyAway):  # the sweeper will delete them
        state.bucket.delete(task_id)


def _page(
    state: State, owner: str, filters: Mapping[str, str | None], limit: int, cursor: str | None
) -> tuple[str, str | None]:
    """The page as JSON, and the cursor of the next page."""
    with state.database.reading() as db:
        rows, following = tasks.page(db, owner, filters=filters, limit=limit, cursor=cursor)
    return schemas.Page(items=[schemas.task(row) for row in rows], next=following).model_dump_json(), following


add_head_routes(router)
