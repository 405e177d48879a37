"""/v1/tasks.csv: the list of tasks as a table for spreadsheets."""

from fastapi import APIRouter, Depends
from starlette.responses import StreamingResponse

from md5_service.api.http import schemas
from md5_service.api.http.conventions import add_head_routes, reject_unknown_parameters
from md5_service.api.http.filters import Filters
from md5_service.api.http.table import SAFE, Step, described, table, written
from md5_service.api.state import Owner, StateDep
from md5_task_data import listing
from md5_task_data.schema import Row, rfc3339

router = APIRouter(prefix="/v1/tasks.csv", tags=["tasks"], dependencies=[Depends(reject_unknown_parameters)])

COLUMNS = (
    *("id", "kind", "status", "outcome", "filename", "size", "batch", "created_at", "finished_at"),
    *("md5", "expected_md5", "verdict", "error_code", "error_detail"),
)


@router.get(
    "",
    summary="Export tasks as CSV",
    response_class=StreamingResponse,
    responses=described(COLUMNS, "task") | schemas.problems(422),
    description="All tasks that match the filters, newest first, as CSV in UTF-8 with a byte order mark.\n\n"
    "The filters are those of `GET /v1/tasks`. Times are RFC 3339 in UTC, an empty cell has no value, and `verdict` is `match`, "
    f"`mismatch` or `none`.\n\n{SAFE}",
)
async def export_tasks(state: StateDep, owner: Owner, filters: Filters) -> StreamingResponse:
    """The tasks that match the filters, as a table."""

    def read(before: str | None) -> Step:
        with state.database.reading() as db:
            rows, following = listing.step(db, owner, filters, before)
        return written([_cells(row) for row in rows]), following

    return await table("tasks.csv", COLUMNS, lambda before: state.long_steps.run(owner, lambda: read(before)))


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
    return [cells.get(name) for name in COLUMNS]


add_head_routes(router)
