"""/v1/contacts: one record per e-mail address; and of each file the rows that were none, /v1/tasks/{id}/rejects.csv."""

import json
from collections.abc import AsyncIterator, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from pydantic import BaseModel, Field
from sqlalchemy import Connection
from starlette.responses import StreamingResponse

from md5_service.api.http import openapi, schemas
from md5_service.api.http.conventions import Limit, add_head_routes, link_next, reject_unknown_parameters
from md5_service.api.http.openapi import AnyText, TaskId, Text
from md5_service.api.state import Owner, State, StateDep
from md5_task_data import tasks
from md5_task_data.kinds import contacts, rejects
from md5_task_data.registry import WITH_REJECTS
from md5_task_data.schema import Row

router = APIRouter(prefix="/v1", tags=["contacts"], dependencies=[Depends(reject_unknown_parameters)])

_REPORT: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The columns `line`, `code` and `message`, then the file's own; only the header where every row was used",
        "content": {"text/csv": {"schema": {"type": "string"}}},
    }
}


class Contact(BaseModel):
    """The record of one e-mail address: the first row that had it, of the file that brought it first."""

    id: str
    email: str = Field(description="As it was written there")
    name: str | None
    data: dict[str, str] = Field(description="Every further column of that row")
    task: str = Field(description="The id of the file's task", json_schema_extra={"format": "uuid"})
    line: int = Field(description="In which line of the file the row begins, from 1, as an editor counts")


class ContactPage(BaseModel):
    """In the order of their addresses. `next` is the cursor of the next page, null on the last."""

    items: list[Contact]
    next: str | None


def _contact(row: Row) -> Contact:
    """A row of `contacts` as clients see it."""
    return Contact(
        id=contacts.id_of(row),
        email=row["email"],
        name=row["name"] or None,
        data=json.loads(row["data"]),
        task=row["task_id"],
        line=row["line"],
    )


@router.get("/contacts", response_model=ContactPage, responses=openapi.PAGE | schemas.problems(422))
async def list_contacts(
    request: Request,
    response: Response,
    state: StateDep,
    owner: Owner,
    email: Annotated[AnyText, Query(description="This address, in any spelling that is the same")] = None,
    task: Annotated[AnyText, Query(description="Only those that the file of this task brought")] = None,
    limit: Limit = 100,
    cursor: Annotated[
        Text, Query(description="`next` of the page before", json_schema_extra={"pattern": openapi.TEXT_CURSOR})
    ] = None,
) -> ContactPage:
    """Contacts in the order of their addresses, or with `task` in that of its file, in pages of up to `limit`, fewer where they
    are large. One of a file that is still being loaded may yet be taken from an earlier row of it."""
    rows, following = await state.read(contacts.page, owner, email=email, task_id=task, limit=limit, cursor=cursor)
    link_next(request, response, following)
    return ContactPage(items=[_contact(row) for row in rows], next=following)


@router.get("/contacts/{contact_id}", response_model=Contact, responses=schemas.problems(404, 422))
async def get_contact(
    contact_id: Annotated[str, Path(description="As a list has it: the id of the task, a hyphen, and the line")],
    state: StateDep,
    owner: Owner,
) -> Contact:
    """A contact by its id."""
    return _contact(await state.read(contacts.get, owner, contact_id))


@router.get(
    "/tasks/{task_id}/rejects.csv",
    response_class=StreamingResponse,
    responses=_REPORT | schemas.problems(404, 409, 410, 422),
)
async def get_rejects(task_id: TaskId, state: StateDep, owner: Owner) -> StreamingResponse:
    """The rows of a file of kind `contacts` that could not be used, as CSV: correct them, and hand that over again. `code` is one
    of `empty_row`, `no_address`, `invalid_address`, `domain_takes_no_mail`, `nul_character`, `bad_encoding`, `too_many_cells`,
    `row_too_long`.

    Safe to open in a spreadsheet, whatever delimiter that expects: a `'` stands before each `=`, `+`, `-` and `@` with which a
    cell begins, or would begin for one that takes `;`, `|`, a tab or a line end within it for the end of a cell. It is taken away
    again when the file is handed over, as the first three columns are.

    A body that breaks off (without its last chunk) is not whole.
    """
    pieces = await state.read(_first_rejects, owner, task_id)
    name = 'attachment; filename="rejects.csv"'
    return StreamingResponse(
        _all_rejects(state, task_id.lower(), pieces),
        headers={"Content-Disposition": name, "Cache-Control": "no-store"},
        media_type="text/csv; charset=utf-8",
    )


async def _all_rejects(state: State, task_id: str, pieces: Sequence[rejects.Piece]) -> AsyncIterator[bytes]:
    while pieces:
        for piece in pieces:
            yield piece.csv
        pieces = await state.read(rejects.read, task_id, pieces[-1])


def _first_rejects(db: Connection, owner: str, task_id: str) -> Sequence[rejects.Piece]:
    rejects.check_there(tasks.get(db, owner, task_id), WITH_REJECTS)
    return rejects.read(db, task_id.lower())


add_head_routes(router)
