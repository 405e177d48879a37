"""What clients see over HTTP. The OpenAPI document and the page's types are generated from it."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from md5_service.api.http import codes
from md5_service.api.http.openapi import OF_A_KIND, header
from md5_task_data import tasks
from md5_task_data.schema import Outcome, Row, Status, moment

WHY = {
    400: "The request could not be parsed",
    401: "The API key is missing, wrong or revoked",
    403: "The request came from another site's page, or by a host name that this service does not accept",
    404: "The object does not exist, or belongs to another owner",
    408: "The body did not arrive in time; nothing was stored",
    409: "The current state does not allow this",
    410: "The bytes or results are no longer stored",
    411: "An upload over HTTP/1.0 without `Content-Length`",
    413: "The file, form or body is too large; nothing was stored",
    415: "An encoding or content type that is not supported; nothing was stored",
    416: "The file does not have these bytes",
    422: "A parameter, header or file is invalid; `detail` names it and says what is allowed",
    429: "The owner has reached a limit on requests or uploads",
    431: "The URL and headers are too long",
    503: "A dependency is unavailable, or all upload slots are taken",
    507: "No space is left; nothing was stored",
}
SECONDS = {"Retry-After": header("Seconds after which to retry", {"type": "integer", "minimum": 0})}
HEADERS = {401: {"WWW-Authenticate": header("The authentication scheme: `Bearer`")}, 429: SECONDS, 503: SECONDS}


class Event(BaseModel):
    """A change of a task's status."""

    at: datetime
    status: Status
    reason: str | None = Field(description="Why, when this is not the usual next step")


class Progress(BaseModel):
    """The progress of the work on a task."""

    done: int
    total: int
    unit: Literal["bytes", "rows"] = Field(
        description="Bytes; for a CSV of contacts that is cut into parts, rows from then on"
    )


class Problem(BaseModel):
    """An error (RFC 9457). `code` is stable; `detail` says what was wrong and what to do."""

    type: str = Field(description="A link, relative to the service's address, to the documentation of `code`")
    title: str
    status: int
    detail: str
    code: str


class Task(BaseModel):
    """An uploaded file, and what became of it. The `id` is a promise: the task always finishes."""

    id: str = Field(description="A UUIDv7", json_schema_extra={"format": "uuid"})
    kind: str
    status: Status = Field(
        description="`computed`: the outcome and result are decided and readable, but the log line is not written yet. "
        "`done`, `failed`, `cancelled`: the log line is written durably; the status is final."
    )
    outcome: Outcome | None = Field(description="Set as soon as it is decided; final from then on")
    filename: str
    size: int = Field(description="Bytes")
    batch: str | None
    params: dict[str, Any]
    kept: bool = Field(
        description="Whether the bytes are still stored, so that the file can be downloaded or the task retried"
    )
    kept_until: datetime | None = Field(
        description="When the stored bytes expire; they are deleted soon after. Null before the task has finished, and once "
        "nothing is stored"
    )
    retry_of: str | None = Field(
        description="The id of the task that this one retries", json_schema_extra={"format": "uuid"}
    )
    created_at: datetime
    started_at: datetime | None = Field(description="When the latest attempt started")
    finished_at: datetime | None = Field(description="When the log line was written")
    results_deleted_at: datetime | None = Field(
        description="When the bytes, and the data derived from them, were deleted on request"
    )
    attempt: int
    history: list[Event]
    progress: Progress
    result: Annotated[dict[str, Any], OF_A_KIND] | None = Field(description="The result; its fields depend on the kind")
    error: Problem | None = Field(description="Why it failed")


class Page(BaseModel):
    """A page of tasks, newest first. `next` is the cursor of the next page, null on the last."""

    items: list[Task]
    next: str | None


class StatusCount(BaseModel):
    """The number of tasks of a kind that are in a status now."""

    kind: str
    status: Status
    tasks: int


class MinuteCount(BaseModel):
    """The number of tasks that finished within one minute, by outcome."""

    minute: datetime = Field(description="The start of the minute")
    done: int = 0
    failed: int = 0
    cancelled: int = 0


class Stats(BaseModel):
    """How many tasks there are, and how far behind the service is."""

    counts: list[StatusCount] = Field(
        description="One entry for each kind and status with tasks, finished ones included"
    )
    last_hour: list[MinuteCount] = Field(description="Sixty minutes; the current one is last")
    mismatches: int = Field(description="Tasks whose file does not have the expected MD5, counted up to 1000", le=1000)
    oldest_unfinished_s: float | None = Field(
        description="Age in seconds of the oldest unfinished task; null when all tasks have finished"
    )


class Session(BaseModel):
    """Who is signed in."""

    auth: Literal["keys", "none"] = Field(description="Whether this service requires API keys")
    owner: str | None = Field(description="The owner of the key sent with the request; null without a valid key")


class Health(BaseModel):
    """Whether the service, or each of its dependencies, is available."""

    status: Literal["ok", "away"]
    checks: dict[str, Literal["ok", "away"]] = Field(default={}, description="The state of each dependency")


def task(row: Row) -> Task:
    """A row of `tasks` as clients see it."""
    return Task(
        id=row["id"],
        kind=row["kind"],
        status=row["status"],
        outcome=row["outcome"],
        filename=row["filename"],
        size=row["size"],
        batch=row["batch"],
        params=row["params"],
        kept=tasks.is_kept(row),
        kept_until=_moment(tasks.kept_until(row)),
        retry_of=row["retry_of"],
        created_at=moment(row["created_at"]),
        started_at=_moment(row["started_at"]),
        finished_at=_moment(row["finished_at"]),
        results_deleted_at=_moment(row["results_deleted_at"]),
        attempt=row["attempt"],
        history=[Event(at=moment(e["at"]), status=e["status"], reason=e["reason"]) for e in tasks.history(row)],
        progress=progress(row),
        result=row["result"],
        error=problem_of(row["error"]) if row["error"] else None,
    )


def progress(row: Row) -> Progress:
    """How far the work on a task is."""
    total = row["size"] if row["total"] is None else row["total"]
    return Progress(done=row["progress"], total=total, unit=row["unit"] or "bytes")


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route for the OpenAPI document: these statuses, and those that any request may get, are problems."""
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {
        status: {
            "description": WHY.get(status, "A problem (RFC 9457)"),
            "content": content,
            "headers": HEADERS.get(status, {}),
        }
        for status in sorted({400, 401, 403, 429, 431, 503, *statuses})
    }


def etag(task: Task) -> str:
    """A digest that changes whenever the task changes."""
    return hashlib.sha256(task.model_dump_json().encode()).hexdigest()[:32]


def problem_of(error: Mapping[str, str]) -> Problem:
    """The reason why a task failed, as a problem document like any other error."""
    code = error["code"]
    status = codes.status_of_failure(code)
    return Problem(type=codes.TYPE + code, title=codes.FAILED, status=status, detail=error["detail"], code=code)


def _moment(at: int | None) -> datetime | None:
    return None if at is None else moment(at)
