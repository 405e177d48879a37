"""/v1/tasks.csv: the list of tasks as a table for spreadsheets."""

from collections.abc import AsyncIterator, Mapping
from typing import Any

from fastapi import APIRouter, Depends
from starlette.responses import StreamingResponse

from md5_service.api.http import schemas
from md5_service.api.http.conventions import add_head_routes, reject_unknown_parameters
from md5_service.api.http.filters import Filters
from md5_service.api.state import Owner, State, StateDep
from md5_service.spreadsheet import guarded, written_row
from md5_task_data import listing
from md5_task_data.schema import Row, rfc3339

router = APIRouter(prefix="/v1/tasks.csv", tags=["tasks"], dependencies=[Depends(reject_unknown_parameters)])

COLUMNS = (
    *("id", "kind", "status", "outcome", "filename", "size", "batch", "created_at", "finished_at"),
    *("md5", "expected_md5", "verdict", "error_code", "error_detail"),
)
BYTE_ORDER_MARK = "\ufeff"  # without it Excel does not recognize UTF-8

_TABLE: dict[int | str, dict[str, Any]] = {
    200: {
        "description": f"The header and a row for each task, with the columns {', '.join(f'`{name}`' for name in COLUMNS)}",
        "content": {"text/csv": {"schema": {"type": "string"}}},
    }
}


@router.get(
    "", summary="Export tasks as CSV", response_class=StreamingResponse, responses=_TABLE | schemas.problems(422)
)
async def export_tasks(state: StateDep, owner: Owner, filters: Filters) -> StreamingResponse:
    """All tasks that match the filters, newest first, as CSV in UTF-8 with a byte order mark.

    The filters are those of `GET /v1/tasks`. Times are RFC 3339 in UTC, an empty cell has no value, and `verdict` is `match`,
    `mismatch` or `none`. The file is safe to open in a spreadsheet: a `'` precedes each `=`, `+`, `-` and `@` at the start of a
    cell, or of what a spreadsheet with another delimiter would take for one.

    Memory use does not grow with the number of tasks. A body that ends without its last chunk is incomplete.
    """
    # An outage now gives a problem document; a later one breaks the body off.
    first = await _step(state, owner, filters, None)
    return StreamingResponse(
        _lines(state, owner, filters, first),
        headers={"Content-Disposition": 'attachment; filename="tasks.csv"', "Cache-Control": "no-store"},
        media_type="text/csv; charset=utf-8",
    )


async def _lines(state: State, owner: str, filters: Mapping[str, str | None], step: "_Step") -> AsyncIterator[str]:
    yield BYTE_ORDER_MARK + written_row(COLUMNS)
    while True:
        lines, before = step
        if lines:
            yield lines
        if before is None:
            return
        step = await _step(state, owner, filters, before)


_Step = tuple[str, str | None]  # rows of CSV, and where to continue


async def _step(state: State, owner: str, filters: Mapping[str, str | None], before: str | None) -> _Step:
    def read() -> _Step:
        with state.database.reading() as db:
            rows, following = listing.step(db, owner, filters, before)
        return "".join([written_row(_cells(row)) for row in rows]), following

    return await state.long_steps.run(owner, read)


def _cells(row: Row) -> list[object]:
    finished, error = row["finished_at"], row["error"] or {}
    cells = {
        **{name: row[name] for name in COLUMNS if name in row},
        "created_at": rfc3339(row["created_at"]),
        "finished_at": None if finished is None else rfc3339(finished),
        "expected_md5": row["params"].get("expected_md5"),
        "error_code": error.get("code"),
        "error_detail": error.get("detail"),
    }
    return [guarded(cell) if isinstance(cell, str) else cell for cell in map(cells.get, COLUMNS)]


add_head_routes(router)
