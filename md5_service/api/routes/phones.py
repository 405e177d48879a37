"""/v1/tasks/{id}/phones: the phone numbers in a text, also while it is still being searched."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, Field
from sqlalchemy import Connection
from starlette.responses import StreamingResponse

from md5_service.api.http import openapi, schemas
from md5_service.api.http.conventions import Limit, add_head_routes, link_next, reject_unknown_parameters
from md5_service.api.http.openapi import AnyText, TaskId, Text
from md5_service.api.http.table import SAFE, Step, described, table, written
from md5_service.api.state import Owner, State, StateDep
from md5_service.api.surroundings import Place, around
from md5_task_data import tasks
from md5_task_data.errors import Conflict
from md5_task_data.kinds import phones
from md5_task_data.kinds.phones import Filter
from md5_task_data.queue import parts
from md5_task_data.schema import Row

router = APIRouter(prefix="/v1/tasks/{task_id}", tags=["phones"], dependencies=[Depends(reject_unknown_parameters)])

COLUMNS = ("number", "extension", "region", "raw", "line", "offset")
EXPORTED_TOGETHER = 2000  # rows
WIDEST_CONTEXT = 200  # characters

Number = Annotated[
    AnyText,
    Query(
        description="Only this number, in any spelling: with a country code, or as it is written in the region of the task. "
        "With an extension, only with that"
    ),
]
Region = Annotated[
    AnyText,
    Query(description="Only numbers of this region, by its two-letter code; `none` for numbers of no region, as +800"),
]


class Phone(BaseModel):
    """A phone number, at one of the places in the file where it stands."""

    number: str = Field(description="E.164")
    extension: str | None
    region: str | None = Field(description="Its two-letter code (ISO 3166-1); null for numbers of no region, as +800")
    raw: str = Field(description="As it is written in the file")
    line: int = Field(description="Its line in the file, from 1; lines end with a line feed")
    offset: int = Field(description="Its place in the file, in bytes, from 0")
    before: str | None = Field(
        None, description="With `context`: what precedes it in its line; null if the file is no longer stored"
    )
    after: str | None = Field(None, description="With `context`: what follows it in its line, likewise")


class PhonePage(BaseModel):
    """Phone numbers in file order, as far as the file has been searched without a gap."""

    complete: bool = Field(description="Whether the task has an outcome, so that no more numbers will be found")
    items: list[Phone]
    next: str | None = Field(
        description="The cursor of the next page. Null only on the last page of a complete list: as long as the file is being "
        "searched, it is where the numbers that are found next will be"
    )
    progress: schemas.Progress = Field(description="How much of the file has been searched")


class RegionCount(BaseModel):
    """How many phone numbers belong to a region."""

    region: str | None
    numbers: int


class RegionCounts(BaseModel):
    """The numbers found so far, by region, the most frequent first."""

    complete: bool
    numbers: int = Field(description="How many numbers have been found, counting each occurrence")
    items: list[RegionCount]


@router.get(
    "/phones",
    summary="List the phone numbers in a file",
    response_model=PhonePage,
    response_model_exclude_unset=True,
    responses=openapi.PAGE | schemas.problems(404, 409, 410, 422),
)
async def list_phones(
    task_id: TaskId,
    request: Request,
    response: Response,
    state: StateDep,
    owner: Owner,
    number: Number = None,
    region: Region = None,
    context: Annotated[
        int,
        Query(
            ge=0,
            le=WIDEST_CONTEXT,
            description="How many characters of its line to show on each side of a number, in `before` and `after`",
        ),
    ] = 0,
    limit: Limit = 100,
    cursor: Annotated[
        Text, Query(description="`next` of the previous page", json_schema_extra={"pattern": openapi.TEXT_CURSOR})
    ] = None,
) -> PhonePage:
    """The phone numbers in a file of kind `phones`, each occurrence, in file order. They can be read while the file is still
    being searched: whoever follows `next` until it is null gets every number once. A task that failed or was cancelled keeps the
    numbers that were found until then, which may have gaps."""

    def read() -> PhonePage:
        with state.database.reading() as db:
            task = _readable(db, owner, task_id)
            wanted = Filter.of(task, number, region)
            up_to = None if task["outcome"] else parts.first_unfinished(db, task)
            rows, following = phones.page(db, task["id"], wanted, up_to=up_to, limit=limit, cursor=cursor)
            _readable(db, owner, task_id)  # still: otherwise the page may be what a deletion has left
            shown = _context(db, state, task, rows, context) if context and rows else [{}] * len(rows)
        return PhonePage(
            complete=up_to is None,
            items=[
                Phone(**{name: row[name] for name in COLUMNS}, **more) for row, more in zip(rows, shown, strict=True)
            ],
            next=following,
            progress=schemas.progress(task),
        )

    page = await state.long_steps.run(owner, read)
    link_next(request, response, page.next)
    return page


@router.get(
    "/phones/regions",
    summary="Count the phone numbers in a file by region",
    response_model=RegionCounts,
    responses=schemas.problems(404, 409, 410, 422),
)
async def count_regions(task_id: TaskId, state: StateDep, owner: Owner) -> RegionCounts:
    """How many phone numbers of each region have been found so far, the most frequent first."""
    task, rows = await state.read(_regions, owner, task_id)
    items = [RegionCount(region=row["region"] or None, numbers=row["numbers"]) for row in rows]
    return RegionCounts(complete=task["outcome"] is not None, numbers=sum(each.numbers for each in items), items=items)


@router.get(
    "/phones.csv",
    summary="Export the phone numbers in a file as CSV",
    response_class=StreamingResponse,
    responses=described(COLUMNS, "phone number") | schemas.problems(404, 409, 410, 422),
    description="All phone numbers in a file, or those that match the filters, in file order, as CSV in UTF-8 with a byte order "
    "mark. Only once the task has an outcome; if that is not `done`, the numbers may have gaps, and the file's name says so."
    f"\n\n{SAFE}",
)
async def export_phones(
    task_id: TaskId, state: StateDep, owner: Owner, number: Number = None, region: Region = None
) -> StreamingResponse:
    """The numbers of a task that has an outcome, as a table."""
    task, wanted = await state.read(_exportable, owner, task_id, number, region)

    def read(cursor: str | None) -> Step:
        with state.database.reading() as db:
            rows, following = phones.page(db, task["id"], wanted, up_to=None, limit=EXPORTED_TOGETHER, cursor=cursor)
            _readable(db, owner, task_id)  # still; otherwise this breaks the body off
        return written([[row[name] for name in COLUMNS] for row in rows]), following

    name = "phones.csv" if task["outcome"] == "done" else f"phones-{task['outcome']}.csv"
    return await table(name, COLUMNS, lambda cursor: state.long_steps.run(owner, lambda: read(cursor)))


def _readable(db: Connection, owner: str, task_id: str) -> Row:
    task = tasks.get(db, owner, task_id)
    phones.check_readable(task)
    return task


def _exportable(db: Connection, owner: str, task_id: str, number: str | None, region: str | None) -> tuple[Row, Filter]:
    task = _readable(db, owner, task_id)
    if task["outcome"] is None:
        raise Conflict(
            f"This task has not finished. Wait until it has, or get what has been found so far: /v1/tasks/{task['id']}/phones."
        )
    return task, Filter.of(task, number, region)


def _regions(db: Connection, owner: str, task_id: str) -> tuple[Row, list[Row]]:
    rows = list(phones.by_region(db, _readable(db, owner, task_id)["id"]))
    return _readable(db, owner, task_id), rows  # still: otherwise they may be what a deletion has left


def _context(db: Connection, state: State, task: Row, rows: Any, width: int) -> list[Mapping[str, str | None]]:
    known = task["result"] or task["plan"]  # numbers are stored only after one of them
    places = [Place(row["offset"], row["raw"]) for row in rows]
    found = around(db, state.bucket, task, known["encoding"], places, width)
    return [each._asdict() for each in found]


add_head_routes(router)
