"""/v1/manifest.md5: the digests of finished tasks, in the format of `md5sum`."""

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
        "description": "Lines as `md5sum` writes them, as an attachment; empty if no task is done",
        "content": {"text/plain": {"schema": {"type": "string"}}},
    }
}


@router.get(
    "", summary="Download an MD5 manifest", response_class=StreamingResponse, responses=_LINES | schemas.problems(422)
)
async def manifest(
    state: StateDep,
    owner: Owner,
    batch: Annotated[
        Text,
        Query(
            description="Only files of this batch; without it, all files of the owner",
            json_schema_extra={"pattern": NO_NUL},
        ),
    ] = None,
) -> StreamingResponse:
    """The MD5 and name of each file of kind `md5` whose task is `done`, in the order of upload, for `md5sum -c`.

    Names are escaped as `md5sum` escapes them. A name that was uploaded several times has a line for each upload. Tasks that are
    not `done` have none; an unknown batch is empty. Memory use does not grow with the number of lines. A body that ends without
    its last chunk is incomplete.
    """
    # An outage before the first byte gives a problem document; a later one breaks the body off.
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
