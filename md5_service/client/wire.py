"""What the service says of a task, as it says it: a `Task` is the JSON object itself, and types that checkers know."""

from typing import Any, Literal, TypedDict

Status = Literal["receiving", "queued", "running", "waiting", "computed", "done", "failed", "cancelled", "expired"]
Outcome = Literal["done", "failed", "cancelled"]
ENDED: tuple[Status, ...] = ("done", "failed", "cancelled", "expired")


class Event(TypedDict):
    at: str
    status: Status
    reason: str | None


class Progress(TypedDict):
    done: int
    total: int
    unit: str


class Problem(TypedDict):
    type: str
    title: str
    status: int
    detail: str
    code: str


class Task(TypedDict):
    """A file handed over, and what became of it. Times are RFC 3339 in UTC. `/docs` of the service explains each field."""

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
