"""The rows of a file that could not be used, as CSV. They are stored in pieces; one query reads a few pieces, in file order."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, delete, select, tuple_

from md5_task_data.database.bulk import insert_all
from md5_task_data.errors import Conflict
from md5_task_data.kinds.kind import check_results_kept
from md5_task_data.schema import Row, rejects

PIECE = 512 << 10  # bytes
READ_TOGETHER = 8  # pieces
HEADER = 0  # the line number under which the header is stored


class Piece(NamedTuple):
    """`line`: where its part of the file begins. `number`: its position among the pieces of that part."""

    line: int
    number: int
    csv: bytes


def add(db: Connection, task_id: str, line: int, csv: bytes) -> None:
    """Store the rejected rows of the part that begins in this line."""
    pieces = [csv[start : start + PIECE] for start in range(0, len(csv), PIECE)]
    rows = [{"task_id": task_id, "line": line, "piece": number, "csv": piece} for number, piece in enumerate(pieces)]
    insert_all(db, rejects, rows)


def check_there(task: Row, kinds: Collection[str]) -> None:
    """Raises Conflict if the task's kind is not one of `kinds` (those that have rejects) or the task is not done, and
    ResultsDeleted."""
    if task["kind"] not in kinds:
        raise Conflict(f"A task of kind {task['kind']} has no rejected rows.")
    check_results_kept(task)
    if task["outcome"] != "done":
        is_now = f"the outcome of this one is {task['outcome']}" if task["outcome"] else "this one has not finished"
        raise Conflict(f"Only a task that is done has rejected rows; {is_now}.")


def read(db: Connection, task_id: str, after: Piece | None = None) -> Sequence[Piece]:
    """The next few pieces; an empty list at the end."""
    place = rejects.c.line, rejects.c.piece
    query = select(*place, rejects.c.csv).where(rejects.c.task_id == task_id)
    if after is not None:
        query = query.where(tuple_(*place) > (after.line, after.number))
    return [Piece(*row) for row in db.execute(query.order_by(*place).limit(READ_TOGETHER))]


def remove(db: Connection, task_id: str) -> None:
    """Delete all rejected rows of a file."""
    db.execute(delete(rejects).where(rejects.c.task_id == task_id))
