"""/v1/stats: how many tasks there are, and how far behind the service is."""

from datetime import UTC, datetime, timedelta

from fastapi import APIRouter, Depends
from sqlalchemy import Connection

from md5_service.api.http import schemas
from md5_service.api.http.conventions import add_head_routes, reject_unknown_parameters
from md5_service.api.state import Owner, StateDep
from md5_task_data.log import statistics
from md5_task_data.schema import SECOND

router = APIRouter(prefix="/v1/stats", tags=["tasks"], dependencies=[Depends(reject_unknown_parameters)])

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@router.get("", summary="Get statistics", response_model=schemas.Stats, responses=schemas.problems(422))
async def stats(state: StateDep, owner: Owner) -> schemas.Stats:
    """The owner's tasks: counts by kind and status, tasks finished in each minute of the last hour, and the age of the oldest
    unfinished task."""
    return await state.read(_read, owner)


def _read(db: Connection, owner: str) -> schemas.Stats:
    ended = statistics.ended(db, owner)
    unfinished = statistics.unfinished(db, owner)
    this, by_minute = statistics.ended_per_minute(db, owner)
    counts = [(row["kind"], row["outcome"], row["tasks"]) for row in ended]
    counts += [(row["kind"], row["status"], row["tasks"]) for row in unfinished]
    minutes = range(this - statistics.MINUTES + 1, this + 1)
    oldest = max((row["oldest"] for row in unfinished), default=None)
    return schemas.Stats(
        counts=[schemas.StatusCount(kind=kind, status=status, tasks=tasks) for kind, status, tasks in counts],
        last_hour=[
            schemas.MinuteCount(minute=_EPOCH + timedelta(minutes=minute), **by_minute.get(minute, {}))
            for minute in minutes
        ],
        mismatches=statistics.mismatches(db, owner),
        oldest_unfinished_s=None if oldest is None else oldest / SECOND,
    )


add_head_routes(router)
