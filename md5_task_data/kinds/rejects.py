"""The rows of a file that could not be used, as CSV and in pieces: one statement reads a few of them, in the file's order."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, delete, select, tuple_

from md5_task_data.database.bulk import insert_all
from md5_task_data.errors import Conflict, ResultsDeleted
from md5_task_data.schema import Row, rejects, rfc3339

PIECE = 512 << 10  # bytes
READ_TOGETHER = 8  # pieces
HEADER = 0  # the line of that


class Piece(NamedTuple):
    """Its place: the line in which its part of the file begins, and its number among the pieces of that part."""

    line: int
    number: int
    csv: bytes


def add(db: Connection, task_id: str, line: int, csv: bytes) -> None:
    """Those of the part that begins in that line."""
    pieces = [csv[start : start + PIECE] for start in range(0, len(csv), PIECE)]
    rows = [{"task_id": task_id, "line": line, "piece": number, "csv": piece} for number, piece in enumerate(pieces)]
    insert_all(db, rejects, rows)


def check_there(task: Row, kinds: Collection[str]) -> None:
    """`kinds`: those that have rejects. Raises Conflict for another, or a task that is not done, ResultsDeleted."""
    if task["kind"] not in kinds:
        raise Conflict(f"a file of kind {task['kind']} has no rejects")
    if task["results_deleted_at"] is not None:
        raise ResultsDeleted(f"the results were deleted, as was asked for, at {rfc3339(task['results_deleted_at'])}")
    if task["outcome"] != "done":
        is_now = f"its outcome is {task['outcome']}" if task["outcome"] else "it has not ended: wait until it has"
        raise Conflict(f"only a task that is done has its rejects: {is_now}")


def read(db: Connection, task_id: str, after: Piece | None = None) -> Sequence[Piece]:
    """The next few pieces; none: these were all."""
    place = rejects.c.line, rejects.c.piece
    query = select(*place, rejects.c.csv).where(rejects.c.task_id == task_id)
    if after is not None:
        query = query.where(tuple_(*place) > (after.line, after.number))
    return [Piece(*row) for row in db.execute(query.order_by(*place).limit(READ_TOGETHER))]


def remove(db: Connection, task_id: str) -> None:
    """All of a file's."""
    db.execute(delete(rejects).where(rejects.c.task_id == task_id))
