"""/v1/contacts: one record per e-mail address; and of each file the rows that were none, /v1/tasks/{id}/rejects.csv."""

from collections.abc import AsyncIterator, Sequence
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from starlette.responses import StreamingResponse

from md5_service.api.access.rates import LARGEST_PAGE
from md5_service.api.http import openapi, schemas
from md5_service.api.http.conventions import answer_head, known_parameters, link_next
from md5_service.api.http.deadline import in_time
from md5_service.api.http.openapi import AnyText, TaskId, Text
from md5_service.api.state import Owner, Services, Shared
from md5_task_data import tasks
from md5_task_data.kinds import contacts, rejects
from md5_task_data.registry import WITH_REJECTS
from md5_task_data.schema import Row

router = APIRouter(prefix="/v1", tags=["contacts"], dependencies=[Depends(known_parameters)])

_REPORT: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The columns `line`, `code` and `message`, then the file's own; only the header where every row was used",
        "content": {"text/csv": {"schema": {"type": "string"}}},
    }
}


@router.get("/contacts", response_model=schemas.ContactPage, responses=openapi.PAGE | schemas.problems(422))
async def list_contacts(
    request: Request,
    response: Response,
    shared: Shared,
    owner: Owner,
    email: Annotated[AnyText, Query(description="This address, in any spelling that is the same")] = None,
    task: Annotated[AnyText, Query(description="Only those that the file of this task brought")] = None,
    limit: Annotated[int, Query(ge=1, le=LARGEST_PAGE)] = 100,
    cursor: Annotated[
        Text, Query(description="`next` of the page before", json_schema_extra={"pattern": openapi.TEXT_CURSOR})
    ] = None,
) -> schemas.ContactPage:
    """Contacts in the order of their addresses, or with `task` in that of its file, in pages of up to `limit`, fewer where they
    are large. One of a file that is still being loaded may yet be taken from an earlier row of it."""
    rows, following = await in_time(lambda: _page(shared, owner, email, task, limit, cursor))
    link_next(request, response, following)
    return schemas.ContactPage(items=[schemas.contact(row) for row in rows], next=following)


@router.get("/contacts/{contact_id}", response_model=schemas.Contact, responses=schemas.problems(404, 422))
async def get_contact(
    contact_id: Annotated[str, Path(description="As a list has it: the id of the task, a hyphen, and the line")],
    shared: Shared,
    owner: Owner,
) -> schemas.Contact:
    """A contact by its id."""
    return schemas.contact(await in_time(lambda: _read(shared, owner, contact_id)))


@router.get(
    "/tasks/{task_id}/rejects.csv",
    response_class=StreamingResponse,
    responses=_REPORT | schemas.problems(404, 409, 410, 422),
)
async def get_rejects(task_id: TaskId, shared: Shared, owner: Owner) -> StreamingResponse:
    """The rows of a file of kind `contacts` that could not be used, as CSV: correct them, and hand that over again. `code` is one
    of `empty_row`, `no_address`, `invalid_address`, `domain_takes_no_mail`, `nul_character`, `bad_encoding`, `too_many_cells`,
    `row_too_long`.

    Safe to open in a spreadsheet, whatever delimiter that expects: a `'` stands before each `=`, `+`, `-` and `@` with which a
    cell begins, or would begin for one that takes `;`, `|`, a tab or a line end within it for the end of a cell. It is taken away
    again when the file is handed over, as the first three columns are.

    A body that breaks off (without its last chunk) is not whole.
    """
    pieces = await in_time(lambda: _first_rejects(shared, owner, task_id))
    name = 'attachment; filename="rejects.csv"'
    return StreamingResponse(
        _all_rejects(shared, task_id.lower(), pieces),
        headers={"Content-Disposition": name, "Cache-Control": "no-store"},
        media_type="text/csv; charset=utf-8",
    )


async def _all_rejects(shared: Services, task_id: str, pieces: Sequence[rejects.Piece]) -> AsyncIterator[bytes]:
    while pieces:
        for piece in pieces:
            yield piece.csv
        pieces = await in_time(partial(_next_rejects, shared, task_id, pieces[-1]))


def _first_rejects(shared: Services, owner: str, task_id: str) -> Sequence[rejects.Piece]:
    with shared.database.reading() as db:
        rejects.check_there(tasks.get(db, owner, task_id), WITH_REJECTS)
        return rejects.read(db, task_id.lower())


def _next_rejects(shared: Services, task_id: str, last: rejects.Piece) -> Sequence[rejects.Piece]:
    with shared.database.reading() as db:
        return rejects.read(db, task_id, last)


def _page(
    shared: Services, owner: str, email: str | None, task_id: str | None, limit: int, cursor: str | None
) -> tuple[list[Row], str | None]:
    with shared.database.reading() as db:
        return contacts.page(db, owner, email=email, task_id=task_id, limit=limit, cursor=cursor)


def _read(shared: Services, owner: str, contact_id: str) -> Row:
    with shared.database.reading() as db:
        return contacts.get(db, owner, contact_id)


answer_head(router)
