"""/v1/tasks: hand a file over, ask for it by id, list, cancel."""

import contextlib
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from sqlalchemy import RowMapping

from md5_service.api import documented, schemas
from md5_service.api.conventions import answer_head, known_parameters
from md5_service.api.documented import AnyText, TaskId, Text
from md5_service.api.download import Download
from md5_service.api.in_time import in_time
from md5_service.api.services import Owner, Services, Shared
from md5_task_data import tasks
from md5_task_data.errors import DependencyAway, TooMany
from md5_task_data.kinds import KINDS
from md5_task_data.schema import STATUSES

router = APIRouter(prefix="/v1/tasks", tags=["tasks"], dependencies=[Depends(known_parameters)])

LONGEST_WAIT_S = 60

Prefer = Annotated[
    Text, Header(description="`wait=N`: answer when the task has ended, after N ≤ 60 seconds at the latest")
]
IfNoneMatch = Annotated[Text, Header(description="An `ETag`, or several: then 304 where nothing changed since")]
IdempotencyKey = Annotated[
    Text,
    Header(
        json_schema_extra={"pattern": documented.KEY},
        description="Up to 255 visible characters, new for each file, such as a UUID. Sent again within 24 hours with the same "
        "kind, parameters, file name and bytes, it answers with the task that there is already, and the header "
        "`Idempotent-Replayed: true`; with others 422, and 409 while the first request is still being received",
    ),
]


@router.post(
    "",
    status_code=202,
    response_model=schemas.Task,
    openapi_extra=documented.FILE_SENT,
    responses=documented.ACCEPTED | schemas.problems(408, 409, 413, 415, 422, 507),
)
async def hand_over(
    request: Request,
    response: Response,
    shared: Shared,
    owner: Owner,
    prefer: Prefer = None,
    idempotency_key: IdempotencyKey = None,
) -> schemas.Task:
    """Hand a file over and get its id at once. The id is a promise: it ends in `done` or `failed`, whatever happens.

    Send a multipart form with the part `file`, or the bare bytes as the body; then `kind`, `filename`, `batch` and the
    kind's own parameters go into the query.
    """
    row, is_new = await shared.intake.take(request, owner, idempotency_key)
    with contextlib.suppress(DependencyAway):  # the promise is made, and its id must get out
        row = await _after_waiting(shared, row, prefer, response)
    return _accepted(row, is_new, response)


@router.get("/{task_id}", response_model=schemas.Task, responses=documented.STATE | schemas.problems(404, 422))
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
    row = await _after_waiting(shared, row, prefer, response)
    task = schemas.task(row)
    etag = f'"{schemas.etag(task)}"'
    if _is_known(etag, if_none_match):
        return Response(status_code=304, headers={"ETag": etag})
    response.headers["ETag"] = etag
    return task


@router.get("", response_model=schemas.Page, responses=documented.PAGE | schemas.problems(422))
async def list_tasks(
    request: Request,
    response: Response,
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
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    cursor: Annotated[
        Text, Query(description="`next` of the page before", json_schema_extra={"pattern": documented.CURSOR})
    ] = None,
) -> schemas.Page:
    """Tasks, newest first, in pages."""
    filters = {
        "kind": kind,
        "status": status,
        "filename": filename,
        "filename__contains": filename__contains,
        "md5": md5,
        "batch": batch,
    }
    rows, following = await in_time(lambda: _page(shared, owner, filters, limit, cursor))
    if following is not None:
        url = request.url.include_query_params(cursor=following)
        response.headers["Link"] = f'<{url.path}?{url.query}>; rel="next"'
    return schemas.Page(items=[schemas.task(row) for row in rows], next=following)


@router.delete("/{task_id}", response_model=schemas.Task, responses=schemas.problems(404, 409, 422))
async def cancel_task(task_id: TaskId, shared: Shared, owner: Owner) -> schemas.Task:
    """Cancel a task whose outcome is not yet decided. It gets its line in the log as every other."""
    return schemas.task(await in_time(lambda: _cancel(shared, owner, task_id)))


@router.post(
    "/{task_id}/retry",
    status_code=202,
    response_model=schemas.Task,
    responses=documented.ACCEPTED | schemas.problems(404, 409, 410, 422, 507),
)
async def retry_task(
    task_id: TaskId, response: Response, shared: Shared, owner: Owner, idempotency_key: IdempotencyKey = None
) -> schemas.Task:
    """A new task for the same bytes, where this one failed or was cancelled and its bytes are still kept."""
    return _accepted(*await shared.intake.again(owner, task_id, idempotency_key), response)


@router.get(
    "/{task_id}/file",
    response_class=Download,
    openapi_extra=documented.RANGES,
    responses=documented.FILE | schemas.problems(404, 410, 416, 422),
)
async def get_file(task_id: TaskId, shared: Shared, owner: Owner, if_none_match: IfNoneMatch = None) -> Response:
    """The bytes, while they are kept: until `MD5_KEEP_UPLOADS_S` after the end. Ranges can be asked for."""
    row, path, there = await in_time(lambda: _file(shared, owner, task_id))
    etag = {"ETag": f'"{row["id"]}"'}  # the bytes under an id never change
    if _is_known(etag["ETag"], if_none_match):
        return Response(status_code=304, headers=etag)
    return Download(path, headers=etag, media_type=documented.BYTES, filename=row["filename"], stat_result=there)


@router.delete(
    "/{task_id}/results", status_code=204, response_class=Response, responses=schemas.problems(404, 409, 422)
)
async def delete_results(task_id: TaskId, shared: Shared, owner: Owner) -> None:
    """Delete the bytes of a task that has ended, before their time is up, and what was derived from them. The task stays, with
    its digest and its line in the log, and says when in `results_deleted_at`. Again: 204 again."""
    await in_time(lambda: _delete_results(shared, owner, task_id))


def _is_known(etag: str, if_none_match: str | None) -> bool:
    """Whether the client has that already (RFC 9110, 13.1.2)."""
    return if_none_match is not None and (if_none_match.strip() == "*" or etag in if_none_match)


def _accepted(row: RowMapping, is_new: bool, response: Response) -> schemas.Task:
    response.headers["Location"] = f"/v1/tasks/{row['id']}"
    response.headers["Retry-After"] = "1"
    if not is_new:
        response.headers["Idempotent-Replayed"] = "true"
    return schemas.task(row)


def _file(shared: Services, owner: str, task_id: str) -> tuple[RowMapping, Path, os.stat_result]:
    row = _read(shared, owner, task_id)
    tasks.check_not_deleted(row)
    return row, *shared.bucket.file(row["id"])


def _delete_results(shared: Services, owner: str, task_id: str) -> None:
    with shared.database.transaction() as db:
        tasks.delete_results(db, owner, task_id)
    with contextlib.suppress(DependencyAway):  # then the sweeper does it
        shared.bucket.delete(task_id.lower())


def _cancel(shared: Services, owner: str, task_id: str) -> RowMapping:
    with shared.database.transaction() as db:
        return tasks.cancel(db, owner, task_id)


def _page(
    shared: Services, owner: str, filters: Mapping[str, str | None], limit: int, cursor: str | None
) -> tuple[list[RowMapping], str | None]:
    with shared.database.reading() as db:
        return tasks.page(db, owner, filters=filters, limit=limit, cursor=cursor)


def _read(shared: Services, owner: str, task_id: str) -> RowMapping:
    with shared.database.reading() as db:
        return tasks.get(db, owner, task_id)


async def _after_waiting(shared: Services, row: RowMapping, prefer: str | None, response: Response) -> RowMapping:
    """The row as it is when the client's wait (RFC 7240) is over."""
    asked = re.search(r"(?:^|[\s,;])wait\s*=\s*\"?(\d{1,9})(?![\d.])", prefer or "", re.IGNORECASE)
    if asked is None:
        return row
    seconds = min(int(asked[1]), LONGEST_WAIT_S)
    with contextlib.suppress(TooMany):  # then the answer comes at once
        row = await shared.watcher.until_ended(row, seconds)
        response.headers["Preference-Applied"] = f"wait={seconds}"
    return row


answer_head(router)
