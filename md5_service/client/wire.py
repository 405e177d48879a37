"""The types of the API's JSON objects. A `Task` is the object as the service sent it."""

from typing import Any, Literal, NotRequired, TypedDict

Status = Literal["receiving", "queued", "running", "waiting", "computed", "done", "failed", "cancelled", "expired"]
Outcome = Literal["done", "failed", "cancelled"]
Verdict = Literal["match", "mismatch", "none"]
ENDED: tuple[Status, ...] = ("done", "failed", "cancelled", "expired")


class Event(TypedDict):
    """A change of a task's status."""

    at: str
    status: Status
    reason: str | None


class Progress(TypedDict):
    """How much of a task is done, in `unit`."""

    done: int
    total: int
    unit: str


class Problem(TypedDict):
    """Why a task failed, as a problem document (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    code: str


class Task(TypedDict):
    """An uploaded file and the state of its processing. Times are RFC 3339 in UTC. `/docs` of the service explains each field."""

    id: str
    kind: str
    status: Status
    outcome: Outcome | None
    filename: str
    size: int
    batch: str | None
    params: dict[str, Any]
    kept: bool
    kept_until: str | None
    retry_of: str | None
    created_at: str
    started_at: str | None
    finished_at: str | None
    results_deleted_at: str | None
    attempt: int
    history: list[Event]
    progress: Progress
    result: dict[str, Any] | None
    error: Problem | None


class Phone(TypedDict):
    """A phone number at one of its places in a file. `/docs` of the service explains each field."""

    number: str
    extension: str | None
    region: str | None
    raw: str
    line: int
    offset: int
    before: NotRequired[str | None]
    after: NotRequired[str | None]
