"""/v1/contacts: one record per email address. /v1/tasks/{id}/rejects.csv: the rows of a file that could not be used."""

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
        "description": "The columns `line`, `code` and `message`, then those of the file; only the header if every row was used",
        "content": {"text/csv": {"schema": {"type": "string"}}},
    }
}


class Contact(BaseModel):
    """The record of one email address: the first row with this address in the first file that contained it."""

    id: str
    email: str = Field(description="The address as it was written in the file")
    name: str | None
    data: dict[str, str] = Field(description="All other columns of the row")
    task: str = Field(description="The id of the file's task", json_schema_extra={"format": "uuid"})
    line: int = Field(description="The line of the file in which the row begins, from 1, as in an editor")


class ContactPage(BaseModel):
    """A page of contacts, ordered by address. `next` is the cursor of the next page, null on the last."""

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


@router.get(
    "/contacts", summary="List contacts", response_model=ContactPage, responses=openapi.PAGE | schemas.problems(422)
)
async def list_contacts(
    request: Request,
    response: Response,
    state: StateDep,
    owner: Owner,
    email: Annotated[AnyText, Query(description="Only this address, in any equivalent spelling")] = None,
    task: Annotated[AnyText, Query(description="Only contacts from the file of this task")] = None,
    limit: Limit = 100,
    cursor: Annotated[
        Text, Query(description="`next` of the previous page", json_schema_extra={"pattern": openapi.TEXT_CURSOR})
    ] = None,
) -> ContactPage:
    """Contacts ordered by address, or with `task` in the order of its file, in pages of up to `limit`. A page has fewer contacts
    if they are large. While a file is still being imported, a contact may be replaced by one from an earlier row of the same
    file."""
    rows, following = await state.read(contacts.page, owner, email=email, task_id=task, limit=limit, cursor=cursor)
    link_next(request, response, following)
    return ContactPage(items=[_contact(row) for row in rows], next=following)


@router.get(
    "/contacts/{contact_id}", summary="Get a contact", response_model=Contact, responses=schemas.problems(404, 422)
)
async def get_contact(
    contact_id: Annotated[str, Path(description="The id from the list: the id of the task, a hyphen and the line")],
    state: StateDep,
    owner: Owner,
) -> Contact:
    """A contact by its id."""
    return _contact(await state.read(contacts.get, owner, contact_id))


@router.get(
    "/tasks/{task_id}/rejects.csv",
    summary="Download a task's rejected rows",
    response_class=StreamingResponse,
    responses=_REPORT | schemas.problems(404, 409, 410, 422),
)
async def get_rejects(task_id: TaskId, state: StateDep, owner: Owner) -> StreamingResponse:
    """The rows of a file of kind `contacts` that could not be used, as CSV. Correct them and upload this file. `code` is one
    of `empty_row`, `no_address`, `invalid_address`, `domain_takes_no_mail`, `nul_character`, `bad_encoding`, `too_many_cells`,
    `row_too_long`.

    The file is safe to open in a spreadsheet, whatever delimiter that expects: a `'` precedes each `=`, `+`, `-` and `@` at the
    start of a cell, or of what would be a cell if `;`, `|`, a tab or a line end within it ended the cell. When the file
    is uploaded, these characters and the first three columns are removed.

    A body that ends without its last chunk is incomplete.
    """
    pieces = await state.read(_some_rejects, owner, task_id)
    name = 'attachment; filename="rejects.csv"'
    return StreamingResponse(
        _all_rejects(state, owner, task_id, pieces),
        headers={"Content-Disposition": name, "Cache-Control": "no-store"},
        media_type="text/csv; charset=utf-8",
    )


async def _all_rejects(state: State, owner: str, task_id: str, pieces: Sequence[rejects.Piece]) -> AsyncIterator[bytes]:
    while pieces:
        for piece in pieces:
            yield piece.csv
        pieces = await state.read(_some_rejects, owner, task_id, pieces[-1])


def _some_rejects(
    db: Connection, owner: str, task_id: str, after: rejects.Piece | None = None
) -> Sequence[rejects.Piece]:
    """Raises as `check_there` does, also if they are being deleted; that breaks the body off."""
    pieces = rejects.read(db, tasks.get(db, owner, task_id)["id"], after)
    rejects.check_there(tasks.get(db, owner, task_id), WITH_REJECTS)
    return pieces


add_head_routes(router)
