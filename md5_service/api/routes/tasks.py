"""/v1/tasks: ask for a task by its id, list, cancel, try again, fetch or delete its bytes. To make one is `upload.intake`'s."""

import contextlib
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

LONGEST_SAVED = 255  # bytes of a file's name, in most file systems

Prefer = Annotated[Text, Header(description=openapi.PREFER)]
IfNoneMatch = Annotated[Text, Header(description="An `ETag`, or several: then 304 where nothing changed since")]
IdempotencyKey = Annotated[
    Text, Header(json_schema_extra={"pattern": openapi.KEY}, description=openapi.IDEMPOTENCY_KEY)
]


@router.get("/{task_id}", response_model=schemas.Task, responses=openapi.STATE | schemas.problems(404, 422))
async def get_task(
    task_id: TaskId,
    response: Response,
    state: StateDep,
    owner: Owner,
    prefer: Prefer = None,
    if_none_match: IfNoneMatch = None,
) -> schemas.Task | Response:
    """A task by its id; 404 for an id that was never given out."""
    row = await state.read(tasks.get, owner, task_id)
    row, granted = await state.watcher.wait_as_preferred(row, prefer)
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
    state: StateDep,
    owner: Owner,
    filters: Filters,
    limit: Limit = 100,
    cursor: Annotated[
        Text, Query(description="`next` of the page before", json_schema_extra={"pattern": openapi.CURSOR})
    ] = None,
) -> Response:
    """Tasks, newest first, in pages."""
    page, following = await state.long_steps.run(owner, lambda: _page(state, owner, filters, limit, cursor))
    response = Response(page, media_type="application/json")
    link_next(request, response, following)
    return response


@router.delete("/{task_id}", response_model=schemas.Task, responses=schemas.problems(404, 409, 422))
async def cancel_task(task_id: TaskId, state: StateDep, owner: Owner) -> schemas.Task:
    """Cancel a task whose outcome is not yet decided. It gets its line in the log as every other."""
    return schemas.task(await state.write(tasks.cancel, owner, task_id))


@router.post(
    "/{task_id}/retry",
    status_code=202,
    response_model=schemas.Task,
    responses=openapi.ACCEPTED | schemas.problems(404, 409, 410, 422, 507),
)
async def retry_task(
    task_id: TaskId, state: StateDep, owner: Owner, idempotency_key: IdempotencyKey = None
) -> Response:
    """A new task for the same bytes, where this one failed or was cancelled and its bytes are still kept."""
    return accepted(await state.retries.make(owner, task_id, idempotency_key))


@router.get(
    "/{task_id}/file",
    response_class=Download,
    openapi_extra=openapi.RANGES,
    responses=openapi.FILE | schemas.problems(404, 410, 416, 422),
)
async def get_file(task_id: TaskId, state: StateDep, owner: Owner, if_none_match: IfNoneMatch = None) -> Response:
    """The bytes, while they are kept: until `MD5_KEEP_UPLOADS_S` after the end. Ranges can be asked for."""
    download = await run_with_deadline(lambda: _download(state, owner, task_id))
    etag = download.headers["ETag"]
    return Response(status_code=304, headers={"ETag": etag}) if _is_known(etag, if_none_match) else download


@router.delete(
    "/{task_id}/results", status_code=204, response_class=Response, responses=schemas.problems(404, 409, 422)
)
async def delete_results(task_id: TaskId, state: StateDep, owner: Owner) -> None:
    """Delete the bytes of a task that has ended, before their time is up, and what was derived from them. The task stays, with
    its digest and its line in the log, and says when in `results_deleted_at`. Again: 204 again."""
    await state.write(tasks.delete_results, owner, task_id)
    while await state.write(results.delete_some, task_id.lower()):
        pass  # where the client goes, or the database, the sweeper goes on
    await run_with_deadline(lambda: _delete_bytes(state, task_id.lower()))


def _is_known(etag: str, if_none_match: str | None) -> bool:
    """Whether the client has that already (RFC 9110, 13.1.2)."""
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
    """The last part of a path, as long as a file's name may be: what is longer a browser cuts, and a proxy refuses."""
    last = PurePosixPath(name).name or UNNAMED
    return last.encode()[-LONGEST_SAVED:].decode(errors="ignore")


def _delete_bytes(state: State, task_id: str) -> None:
    with contextlib.suppress(DependencyAway):  # then the sweeper does it
        state.bucket.delete(task_id)


def _page(
    state: State, owner: str, filters: Mapping[str, str | None], limit: int, cursor: str | None
) -> tuple[str, str | None]:
    """As JSON, and the cursor of the next."""
    with state.database.reading() as db:
        rows, following = tasks.page(db, owner, filters=filters, limit=limit, cursor=cursor)
    return schemas.Page(items=[schemas.task(row) for row in rows], next=following).model_dump_json(), following


add_head_routes(router)
