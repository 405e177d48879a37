"""Server-sent events: tasks at every change, as https://html.spec.whatwg.org/multipage/server-sent-events.html has them."""

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

KEEP_ALIVE_S = 15  # proxies end connections on which nothing is said
LONGEST_S = 300  # of one stream; browsers connect again by themselves, and learn only what they do not know yet
RETRY_MS = 1000
MOST_TASKS = 500  # in one stream
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}

T = TypeVar("T")

LastEventId = Annotated[
    Text, Header(description="The `id` of the last event that was seen: that state is not sent again")
]
_EVENT = {
    "type": "object",
    "properties": {
        "id": {"type": "string", "description": "To be sent back as `Last-Event-ID`"},
        "data": {
            "type": "string",
            "contentMediaType": "application/json",
            "contentSchema": {"$ref": "#/components/schemas/Task"},
        },
    },
}
_STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Each event: `id:`, and `data:` with the task as JSON. Ends when no task can change any more",
        "content": {"text/event-stream": {"schema": _EVENT}},
    },
    204: {"description": "There is nothing new, and never will be"},
    **schemas.problems(404, 422),
}


@router.get("/events", response_class=StreamingResponse, responses=_STREAM)
async def events_of_many(
    state: StateDep,
    owner: Owner,
    id: Annotated[list[str], Query(min_length=1, max_length=MOST_TASKS, description="May be given several times")],
    last_event_id: LastEventId = None,
) -> Response:
    """Several tasks in one stream, for a page: a browser opens only six connections to one host."""
    return await _answer(state, owner, id, last_event_id)


async def only_to_listen(_: Request) -> Response:
    """Else `events` would be taken for the id of a task."""
    return problem("method_not_allowed", "This path supports GET only.", {"Allow": "GET"})


OTHER_METHODS = ["HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"]
router.add_route(f"{router.prefix}/events", only_to_listen, methods=OTHER_METHODS, include_in_schema=False)


@router.get("/{task_id}/events", response_class=StreamingResponse, responses=_STREAM)
async def events(task_id: TaskId, state: StateDep, owner: Owner, last_event_id: LastEventId = None) -> Response:
    """The task as it is now, and again at every change, until it has ended."""
    return await _answer(state, owner, [task_id], last_event_id)


async def _answer(state: State, owner: str, task_ids: Sequence[str], last_event_id: str | None) -> Response:
    rows, unseen = await _in_turn(state, owner, task_ids, lambda: _read(state, owner, task_ids, last_event_id))
    if not unseen and all(row["status"] in OUTCOMES for row in rows):
        return Response(status_code=204)  # a browser connects no more
    state.watcher.check_room(rows)  # a stream that has begun can refuse nothing
    return StreamingResponse(_stream(state, owner, rows, unseen), headers=HEADERS, media_type="text/event-stream")


async def _in_turn(state: State, owner: str, of: Sequence[object], step: Callable[[], T]) -> T:
    """Run a step of so many tasks: that of one is short."""
    return await (state.long_steps.run(owner, step) if len(of) > 1 else run_with_deadline(step))


def _read(state: State, owner: str, task_ids: Sequence[str], last_event_id: str | None) -> tuple[Sequence[Row], bytes]:
    """The tasks, and the events of those that were not seen in this state."""
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
