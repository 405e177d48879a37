"""The wire: what clients see, and from which the page's types and the OpenAPI document are made."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from md5_service.api.http.openapi import OF_A_KIND, header
from md5_task_data import tasks
from md5_task_data.schema import Outcome, Row, Status, moment

PROBLEM_TYPE = "urn:md5-service:problem:"
WHY = {
    400: "The request cannot be read",
    401: "No key, or one that opens nothing here",
    403: "A page of another site, or a name that this service does not have",
    404: "Unknown, or another owner's: the two look alike",
    408: "The body came too slowly; nothing was kept",
    409: "Not possible in this state",
    410: "The bytes are kept no longer",
    411: "A body of HTTP/1.0 without `Content-Length`",
    413: "Too large; nothing was kept",
    415: "A `Content-Encoding` or `Content-Transfer-Encoding`, or a type that cannot be read here; nothing was kept",
    416: "There are no such bytes",
    422: "A parameter is wrong; `detail` names it and what is allowed",
    429: "Too many at once, or a second, of one owner",
    431: "The address and headers are too long",
    503: "Something that the service needs is away, or all places are taken",
    507: "The disk is full; nothing was kept",
}
SECONDS = {"Retry-After": header("Seconds after which to try again", {"type": "integer", "minimum": 0})}
HEADERS = {401: {"WWW-Authenticate": header("How to come in")}, 429: SECONDS, 503: SECONDS}
FAILURE_STATUS = {"bytes_missing": 410, "worker_lost": 500, "unexpected": 500}  # else 422: the file itself is wrong


class Event(BaseModel):
    """One step of a task."""

    at: datetime
    status: Status
    reason: str | None = Field(description="Why, where it is not the usual next step")


class Progress(BaseModel):
    """How far the work is."""

    done: int
    total: int
    unit: Literal["bytes", "rows"] = Field(
        description="A file that is cut into parts is counted in bytes until it is, then in rows"
    )


class Problem(BaseModel):
    """An error (RFC 9457): `code` is stable, `detail` says in plain words what to do."""

    type: str
    title: str
    status: int
    detail: str
    code: str


class Task(BaseModel):
    """A file handed over, and what became of it. `id` is the promise."""

    id: str = Field(description="A UUIDv7", json_schema_extra={"format": "uuid"})
    kind: str
    status: Status = Field(
        description="`computed`: outcome and result are decided and readable, the line is not yet in the log. "
        "`done`, `failed`, `cancelled`: it is, durably; nothing changes any more."
    )
    outcome: Outcome | None = Field(description="Set as soon as it is decided")
    filename: str
    size: int = Field(description="Bytes")
    batch: str | None
    params: dict[str, Any]
    kept: bool = Field(description="Whether its bytes are still kept, to be fetched or tried again")
    kept_until: datetime | None = Field(
        description="When its stored bytes will be deleted, soon after; null before it has finished, and once nothing is stored"
    )
    retry_of: str | None = Field(
        description="The id of the task that this one tries again", json_schema_extra={"format": "uuid"}
    )
    created_at: datetime
    started_at: datetime | None = Field(description="When the last attempt began")
    finished_at: datetime | None = Field(description="When the line was in the log")
    results_deleted_at: datetime | None = Field(
        description="When its bytes, and what was derived from them, were deleted"
    )
    attempt: int
    history: list[Event]
    progress: Progress
    result: Annotated[dict[str, Any], OF_A_KIND] | None = Field(description="What came of it, by its kind")
    error: Problem | None = Field(description="Why it failed")


class Page(BaseModel):
    """Newest first. `next` is the cursor of the next page, null on the last."""

    items: list[Task]
    next: str | None


class StatusCount(BaseModel):
    """How many tasks of a kind are in a status now."""

    kind: str
    status: Status
    tasks: int


class MinuteCount(BaseModel):
    """What ended in one minute."""

    minute: datetime = Field(description="When it began")
    done: int = 0
    failed: int = 0
    cancelled: int = 0


class Stats(BaseModel):
    """How much there is, and how far behind the service is."""

    counts: list[StatusCount] = Field(description="Every kind and status that there is, or was")
    last_hour: list[MinuteCount] = Field(description="Sixty minutes, the present one last")
    mismatches: int = Field(
        description="Tasks whose file does not have the MD5 that was expected, counted up to 1000", le=1000
    )
    oldest_unfinished_s: float | None = Field(description="Its age in seconds; null: everything has ended")


class Session(BaseModel):
    """Who is signed in."""

    auth: Literal["keys", "none"] = Field(description="Whether this service asks for keys")
    owner: str | None = Field(description="Whose key came with the request; null: nobody's that fits")


class Health(BaseModel):
    status: Literal["ok", "away"]
    checks: dict[str, Literal["ok", "away"]] = Field(default={}, description="For each thing that is needed")


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
        progress=_progress(row),
        result=row["result"],
        error=problem_of(row["error"]) if row["error"] else None,
    )


def _progress(row: Row) -> Progress:
    total = row["size"] if row["total"] is None else row["total"]
    return Progress(done=row["progress"], total=total, unit=row["unit"] or "bytes")


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """For the OpenAPI document: these answers are problems, and those that every request may get."""
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
    """Differs between two states of a task."""
    return hashlib.sha256(task.model_dump_json().encode()).hexdigest()[:32]


def problem_of(error: Mapping[str, str]) -> Problem:
    """Why a task failed, in the shape of every other error."""
    code = error["code"]
    status = FAILURE_STATUS.get(code, 422)
    return Problem(type=PROBLEM_TYPE + code, title="The task failed", status=status, detail=error["detail"], code=code)


def _moment(at: int | None) -> datetime | None:
    return None if at is None else moment(at)
