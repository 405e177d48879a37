"""Answers that are tables for spreadsheets: CSV in UTF-8 with a byte order mark, streamed in steps, so that memory use does not
grow with the number of rows."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any

from starlette.responses import StreamingResponse

from md5_service.spreadsheet import guarded, written_row

BYTE_ORDER_MARK = "\ufeff"  # without it Excel does not recognize UTF-8
SAFE = """The file is safe to open in a spreadsheet: a `'` precedes each `=`, `+`, `-` and `@` at the start of a cell, or of
what a spreadsheet with another delimiter would take for one. A body that ends without its last chunk is incomplete."""

Step = tuple[str, str | None]  # some rows, written, and where to continue


def described(columns: Sequence[str], rows: str) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route that answers with such a table; `rows` says of what there is one row each."""
    names = ", ".join(f"`{name}`" for name in columns)
    return {
        200: {
            "description": f"The header and a row for each {rows}, with the columns {names}",
            "content": {"text/csv": {"schema": {"type": "string"}}},
        }
    }


def written(rows: Sequence[Sequence[object]]) -> str:
    """These rows as CSV, safe for spreadsheets."""
    return "".join([written_row([guarded(cell) if isinstance(cell, str) else cell for cell in row]) for row in rows])


async def table(
    filename: str, columns: Sequence[str], step: Callable[[str | None], Awaitable[Step]]
) -> StreamingResponse:
    """The answer. Each `step` continues where the one before it said; raises what the first step raises, so that an outage gives
    a problem document. A later one breaks the body off."""
    first = await step(None)

    async def lines() -> AsyncIterator[str]:
        yield BYTE_ORDER_MARK + written_row(columns)
        rows, following = first
        while True:
            if rows:
                yield rows
            if following is None:
                return
            rows, following = await step(following)

    return StreamingResponse(
        lines(),
        headers={"Content-Disposition": f'attachment; filename="{filename}"', "Cache-Control": "no-store"},
        media_type="text/csv; charset=utf-8",
    )
