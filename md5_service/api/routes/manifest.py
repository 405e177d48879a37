"""/v1/manifest.md5: what is done, as `md5sum -c` reads it."""

from collections.abc import AsyncIterator, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from starlette.responses import StreamingResponse

from md5_service import md5sum
from md5_service.api.http import schemas
from md5_service.api.http.conventions import add_head_routes, reject_unknown_parameters
from md5_service.api.http.openapi import NO_NUL, Text
from md5_service.api.state import Owner, State, StateDep
from md5_task_data import tasks

router = APIRouter(prefix="/v1/manifest.md5", tags=["tasks"], dependencies=[Depends(reject_unknown_parameters)])

_LINES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Lines of `md5sum`, as an attachment; empty where nothing is done",
        "content": {"text/plain": {"schema": {"type": "string"}}},
    }
}


@router.get("", response_class=StreamingResponse, responses=_LINES | schemas.problems(422))
async def manifest(
    state: StateDep,
    owner: Owner,
    batch: Annotated[
        Text,
        Query(
            description="Only the files of this batch; without it, all of yours",
            json_schema_extra={"pattern": NO_NUL},
        ),
    ] = None,
) -> StreamingResponse:
    """Of each file of kind `md5` that is done its MD5 and its name, in the order in which they were handed over, for
    `md5sum -c`.

    Names are escaped as `md5sum` does it. A name that was handed over several times has as many lines. What is not done (yet)
    has none; a batch that nobody knows is one of no files. Memory is flat for any number of lines; a body that
    breaks off (without its last chunk) is not whole.
    """
    # An outage now is a problem document, later a broken body.
    first = await state.read(tasks.digests, owner, batch=batch, after=None)
    return StreamingResponse(
        _lines(state, owner, batch, *first),
        headers={"Content-Disposition": 'attachment; filename="manifest.md5"', "Cache-Control": "no-store"},
        media_type="text/plain; charset=utf-8",
    )


async def _lines(
    state: State, owner: str, batch: str | None, digests: Sequence[tasks.Digest], after: str | None
) -> AsyncIterator[bytes]:
    while True:
        yield b"".join(md5sum.line(md5, name) for md5, name in digests)
        if after is None:
            return
        digests, after = await state.read(tasks.digests, owner, batch=batch, after=after)


add_head_routes(router)
