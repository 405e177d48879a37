"""Streams of tasks as server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html)."""

import time
from collections.abc import AsyncIterator, Callable, Sequence
from functools import partial
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi.sse import KEEPALIVE_COMMENT, format_sse_event
from starlette.responses import StreamingResponse

from md5_service.api.http import schemas
from md5_service.api.http.conventions import reject_unknown_parameters
from md5_service.api.http.deadline import run_with_deadline
from md5_service.api.http.errors import problem
from md5_service.api.http.openapi import TaskId, Text
from md5_service.api.state import Owner, State, StateDep
from md5_task_data import tasks
from md5_task_data.schema import OUTCOMES, Row

router = APIRouter(prefix="/v1/tasks", tags=["tasks"], dependencies=[Depends(reject_unknown_parameters)])

KEEP_ALIVE_S = 15  # proxies close idle connections
LONGEST_S = 300  # of one stream; browsers reconnect automatically, and get only what they have not seen
RETRY_MS = 1000
MOST_TASKS = 500  # in one stream
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}

T = TypeVar("T")

LastEventId = Annotated[Text, Header(description="The `id` of the last event received; that state is not sent again")]
_EVENT = {
    "type": "object",
    "properties": {
        "id": {"type": "string", "description": "The value for `Last-Event-ID` when reconnecting"},
        "data": {
            "type": "string",
            "contentMediaType": "application/json",
            "contentSchema": {"$ref": "#/components/schemas/Task"},
        },
    },
}
_STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Events with `id:`, and `data:` with the task as JSON. The stream ends when all its tasks have finished",
        "content": {"text/event-stream": {"schema": _EVENT}},
    },
    204: {"description": "All tasks have finished and the client has seen their final state"},
    **schemas.problems(404, 422),
}


@router.get(
    "/events", summary="Stream the events of several tasks", response_class=StreamingResponse, responses=_STREAM
)
async def events_of_many(
    state: StateDep,
    owner: Owner,
    id: Annotated[
        list[str],
        Query(min_length=1, max_length=MOST_TASKS, description="The id of a task; repeat it for several tasks"),
    ],
    last_event_id: LastEventId = None,
) -> Response:
    """Several tasks in one stream, because a browser opens only six connections to one host. Events are those of a single task's
    stream."""
    return await _answer(state, owner, id, last_event_id)


async def only_to_listen(_: Request) -> Response:
    """Without this route, `events` would be taken for the id of a task."""
    return problem("method_not_allowed", "This path supports GET only.", {"Allow": "GET"})


OTHER_METHODS = ["HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"]
router.add_route(f"{router.prefix}/events", only_to_listen, methods=OTHER_METHODS, include_in_schema=False)


@router.get("/{task_id}/events", summary="Stream a task's events", response_class=StreamingResponse, responses=_STREAM)
async def events(task_id: TaskId, state: StateDep, owner: Owner, last_event_id: LastEventId = None) -> Response:
    """The task as server-sent events: its current state, then its state after every change, until it has finished."""
    return await _answer(state, owner, [task_id], last_event_id)


async def _answer(state: State, owner: str, task_ids: Sequence[str], last_event_id: str | None) -> Response:
    rows, unseen = await _in_turn(state, owner, task_ids, lambda: _read(state, owner, task_ids, last_event_id))
    if not unseen and all(row["status"] in OUTCOMES for row in rows):
        return Response(status_code=204)  # tells a browser not to reconnect
    state.watcher.check_room(rows)  # a started stream cannot answer with an error
    return StreamingResponse(_stream(state, owner, rows, unseen), headers=HEADERS, media_type="text/event-stream")


async def _in_turn(state: State, owner: str, of: Sequence[object], step: Callable[[], T]) -> T:
    """Run a step about these tasks: as a long one, unless it is about one task only."""
    return await (state.long_steps.run(owner, step) if len(of) > 1 else run_with_deadline(step))


def _read(state: State, owner: str, task_ids: Sequence[str], last_event_id: str | None) -> tuple[Sequence[Row], bytes]:
    """The tasks, and events for those whose state the client has not seen."""
    with state.database.reading() as db:
        rows = tasks.get_all(db, owner, task_ids)
    return rows, _events_of(rows, last_event_id)


def _events_of(rows: Sequence[Row], last_event_id: str | None = None) -> bytes:
    read = ((schemas.etag(task), task) for task in map(schemas.task, rows))
    unseen = ((etag, task) for etag, task in read if etag != last_event_id)
    return b"".join(format_sse_event(data_str=task.model_dump_json(), id=etag) for etag, task in unseen)


async def _stream(state: State, owner: str, rows: Sequence[Row], unseen: bytes) -> AsyncIterator[bytes]:
    changing = {row["id"] for row in rows if row["status"] not in OUTCOMES}
    until = time.monotonic() + LONGEST_S
    with state.watcher.watching(rows) as watch:
        yield format_sse_event(retry=RETRY_MS) + unseen
        while True:
            left_s = until - time.monotonic()
            if not changing or watch.is_over or left_s <= 0:
                return
            news = await watch.news(min(KEEP_ALIVE_S, left_s))
            if news:
                yield await _in_turn(state, owner, news, partial(_events_of, news))
            else:
                yield KEEPALIVE_COMMENT
            changing -= {row["id"] for row in news if row["status"] in OUTCOMES}
