"""What clients do to a task: create, get, list, cancel, retry. What workers do is in `queue.leases`."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, bindparam, delete, insert, or_, select, update

from md5_task_data import names, registry
from md5_task_data.bucket import small_files
from md5_task_data.database.bulk import insert_all
from md5_task_data.errors import BytesMissing, Conflict, NotFound
from md5_task_data.filters import condition, newest_first
from md5_task_data.ids import is_id
from md5_task_data.paging import read_cursor, write_cursor
from md5_task_data.queue.hints import FIRST_HINT_S, lane_of
from md5_task_data.schema import IS_PART, SECOND, UNFINISHED, Row, rfc3339, tasks
from md5_task_data.sql import now

DIGESTS_STEP = 5000  # rows that one step of a manifest reads

Version = tuple[object, ...]
Digest = tuple[str, bytes]  # the MD5 of a file and its name
_VERSION = tuple(
    tasks.c[name] for name in ("status", "outcome", "progress", "fence", "errors", "lost_leases", "left_at")
)


_AT_FIRST: dict[str, Any] = {
    "status": "queued",
    "hints": 1,
    "fence": 0,
    "attempt": 0,
    "lost_leases": 0,
    "errors": 0,
    "progress": 0,
    "history": [],
    "verdict": "none",
    **dict.fromkeys(
        (
            *("outcome", "started_at", "computed_at", "finished_at", "results_deleted_at", "result", "error", "md5"),
            *("total", "unit", "parent_id", "parts_left", "plan", "left_at"),
        )
    ),
}


@dataclass(frozen=True)
class NewTask:
    """A task to create for a file whose bytes are stored. It has been checked as far as possible without reading the file.
    `filename` is what `os.fsdecode` makes of the name's bytes, which need not be text. `content`: the bytes of a small
    file, to be stored with the row."""

    id: str
    owner: str
    kind: str
    filename: str
    size: int
    batch: str | None = None
    params: Mapping[str, object] = field(default_factory=dict)
    retry_of: str | None = None
    retried_traceparent: str | None = None
    content: bytes | None = None


def create(db: Connection, new: NewTask, traceparent: str | None = None) -> Row:
    """Insert the task's row, which is the promise to the client, and return it. `traceparent` names the trace that its work
    belongs to. Raises InvalidInput for an unknown kind."""
    return create_all(db, [(new, traceparent)])[0]


_DUE_AT_FIRST = now() + FIRST_HINT_S * SECOND
_TIMES = select(now().label("created_at"), _DUE_AT_FIRST.label("due_at"))
_ONE = insert(tasks).values(created_at=now(), due_at=_DUE_AT_FIRST).returning(tasks.c.created_at, tasks.c.due_at)


def create_all(db: Connection, news: Sequence[tuple[NewTask, str | None]]) -> list[Row]:
    """As `create`, for many tasks in one statement. Returns the rows in the same order."""
    rows: list[dict[str, Any]] = [
        {
            **_AT_FIRST,
            "id": new.id,
            "owner": new.owner,
            "kind": registry.known(new.kind).name,
            **names.columns(new.filename),
            "size": new.size,
            "batch": new.batch,
            "params": dict(new.params),
            "lane": lane_of(new.kind, new.size),
            "turn_of": new.owner,
            "retry_of": new.retry_of,
            "traceparent": traceparent,
        }
        for new, traceparent in news
    ]
    times = db.execute(*((_ONE, rows[0]) if len(rows) == 1 else (_TIMES,))).mappings().one()
    for row in rows:
        row |= times
    if len(rows) > 1:
        insert_all(db, tasks, rows)
    small_files.add(db, {new.id: new.content for new, _ in news if new.content is not None})
    return list(rows)


def forget(db: Connection, task_ids: Iterable[str]) -> None:
    """Undo a `create` in the same transaction, before any client was told of these tasks."""
    ids = list(task_ids)
    small_files.remove(db, ids)
    db.execute(delete(tasks).where(tasks.c.id.in_(ids)))


def get(db: Connection, owner: str, task_id: str) -> Row:
    """One task. Raises NotFound for an id that is malformed, unknown, or another owner's; the three cases look alike."""
    query = select(tasks).where(tasks.c.id == _known_form(task_id), tasks.c.owner == owner)
    row = db.execute(query).mappings().one_or_none()
    if row is None:
        raise _unknown(task_id)
    return row


def get_all(db: Connection, owner: str, task_ids: Sequence[str]) -> list[Row]:
    """Several tasks, each once, sorted by id. Raises NotFound as `get` does, for the first one that is missing."""
    known = {_known_form(task_id): task_id for task_id in task_ids}
    query = select(tasks).where(tasks.c.id.in_(known), tasks.c.owner == owner).order_by(tasks.c.id)
    found = db.execute(query).mappings().all()
    for missing in known.keys() - {row["id"] for row in found}:
        raise _unknown(known[missing])
    return list(found)


def version(row: Row) -> Version:
    """A value that differs between any two states of a task that a client can tell apart."""
    return tuple(row[column.name] for column in _VERSION)


_AMONG = tasks.c.id.in_(bindparam("ids", expanding=True))
_VERSIONS = select(tasks.c.id, *_VERSION).where(_AMONG)
_ROWS = select(tasks).where(_AMONG)


def versions(db: Connection, task_ids: Iterable[str]) -> dict[str, Version]:
    """The versions of many tasks in one statement, for waiting clients."""
    return {row["id"]: version(row) for row in db.execute(_VERSIONS, {"ids": list(task_ids)}).mappings()}


def rows(db: Connection, task_ids: Iterable[str]) -> Sequence[Row]:
    """Many tasks of any owner, in one statement."""
    return db.execute(_ROWS, {"ids": list(task_ids)}).mappings().all()


def keeping(db: Connection, task_ids: Iterable[str]) -> dict[str, int]:
    """Those of the given tasks, of any owner, whose bytes must still be stored, with their sizes in bytes."""
    query = select(tasks.c.id, tasks.c.size).where(tasks.c.id.in_(list(task_ids)), keeps_bytes())
    return {row.id: row.size for row in db.execute(query)}


def keeps_bytes() -> ColumnElement[bool]:
    """Whether a task's bytes must still be stored: until some time after it finishes (then nothing is due any more) or
    until its owner deletes them."""
    is_kept = or_(UNFINISHED, and_(tasks.c.due_at.is_not(None), tasks.c.results_deleted_at.is_(None)))
    return and_(is_kept, ~IS_PART)


def is_kept(row: Row) -> bool:
    """The same as `keeps_bytes`, for a row that was read."""
    return row["finished_at"] is None or (row["due_at"] is not None and row["results_deleted_at"] is None)


def page(
    db: Connection, owner: str, *, filters: Mapping[str, str | None], limit: int, cursor: str | None
) -> tuple[list[Row], str | None]:
    """Up to `limit` tasks, newest first, and the cursor of the next page (None on the last page).

    `filters` are those of `filters.condition`, by name; all must match. Ids are ordered by time and never change, so pages
    neither skip nor repeat a task. Raises InvalidInput for a bad filter or cursor.
    """
    before = None if cursor is None else read_cursor(cursor)
    query = newest_first([tasks], owner, filters, before)
    rows = db.execute(query.limit(limit + 1)).mappings().all()
    more = len(rows) > limit
    return list(rows[:limit]), write_cursor(rows[limit - 1]["id"]) if more else None


def digests(db: Connection, owner: str, *, batch: str | None, after: str | None) -> tuple[list[Digest], str | None]:
    """The next MD5s and file names of tasks that are done, oldest first, and the id to continue after (None: these were
    the last).

    One step reads DIGESTS_STEP rows and no more, however few of them belong to the batch, because no index covers
    batches. Raises InvalidInput for an invalid batch name.
    """
    here = tasks.c.owner == owner, *([tasks.c.id > after] if after else [])
    last = db.scalar(select(tasks.c.id).where(*here).order_by(tasks.c.id).offset(DIGESTS_STEP - 1).limit(1))
    wanted = [tasks.c.md5.is_not(None), tasks.c.outcome == "done"]
    if batch is not None:
        wanted.append(condition("batch", batch))
    if last is not None:
        wanted.append(tasks.c.id <= last)
    columns = tasks.c.md5, tasks.c.filename, tasks.c.filename_bytes
    found = db.execute(select(*columns).where(*here, *wanted).order_by(tasks.c.id)).mappings()
    return [(row["md5"], names.bytes_of(row)) for row in found], last


def cancel(db: Connection, owner: str, task_id: str) -> Row:
    """Set the outcome `cancelled`. A worker that is working on the task learns of it at its next heartbeat, and can store
    nothing more.

    Raises NotFound, or Conflict if the outcome is already decided.
    """
    get(db, owner, task_id)
    undecided = tasks.c.id == task_id.lower(), tasks.c.owner == owner, tasks.c.outcome.is_(None)
    decided = (
        update(tasks).where(*undecided).values(status="computed", outcome="cancelled", computed_at=now(), due_at=now())
    )
    changed = db.execute(decided).rowcount
    row = get(db, owner, task_id)
    if not changed:
        raise Conflict(f"This task has already finished: its outcome is {row['outcome']}.")
    return row


def retry(db: Connection, owner: str, task_id: str, new_id: str, *, is_there: bool = False) -> NewTask:
    """The new task that retries a task, for the same bytes. `is_there`: that new task exists already, and only its
    description is needed. Otherwise raises BytesMissing, or Conflict if the first task did not fail. Raises NotFound."""
    row = get(db, owner, task_id)
    if not is_there and row["outcome"] not in ("failed", "cancelled"):
        is_now = f"the outcome of this one is {row['outcome']}" if row["outcome"] else "this one has not finished"
        raise Conflict(f"Only a task that failed or was cancelled can be retried; {is_now}.")
    if not is_there:
        check_kept(row)
    same = {name: row[name] for name in ("owner", "kind", "size", "batch", "params")}
    content = small_files.get_all(db, [row["id"]]).get(row["id"])
    return NewTask(
        new_id,
        filename=names.of(row),
        retry_of=row["id"],
        retried_traceparent=row["traceparent"],
        content=content,
        **same,
    )


def delete_results(db: Connection, owner: str, task_id: str) -> None:
    """Delete a task's bytes and everything derived from them; does nothing if they are already deleted. The caller or else
    the sweeper removes files in the bucket and the rows of the kind. Raises NotFound, or Conflict if the task has not
    finished."""
    row = get(db, owner, task_id)
    if row["finished_at"] is None:
        raise Conflict("This task has not finished. Wait until it has, or cancel it.")
    wanted = update(tasks).where(tasks.c.id == row["id"], tasks.c.results_deleted_at.is_(None))
    are_gone = small_files.remove(db, [row["id"]]) and not registry.keeps_rows(row["kind"])
    db.execute(wanted.values(results_deleted_at=now(), due_at=None if are_gone else now()))


def kept_until(row: Row) -> int | None:
    """When the stored bytes of a finished task will be deleted; None where it has not finished, or nothing is stored."""
    return row["due_at"] if row["finished_at"] is not None and is_kept(row) else None


def check_kept(row: Row) -> None:
    """Raises BytesMissing if the owner deleted the bytes (which may not be removed yet) or they have expired."""
    if row["results_deleted_at"] is not None:
        raise BytesMissing(f"The stored bytes were deleted on request at {rfc3339(row['results_deleted_at'])}.")
    if not is_kept(row):
        raise BytesMissing("The bytes of this file are no longer stored: they have expired. Upload the file again.")


def _known_form(task_id: str) -> str:
    """The id as it is stored, in lower case. Raises NotFound if it does not have the form of an id."""
    if not is_id(task_id):
        raise _unknown(task_id)
    return task_id.lower()


def _unknown(task_id: str) -> NotFound:
    return NotFound(f"There is no task {task_id[:64]!r}. The id of a task is returned when its file is uploaded.")


def history(row: Row) -> list[dict[str, Any]]:
    """What happened to a task, oldest first: `at` (microseconds), `status`, `reason`.

    The usual steps are read from the time columns; the row's `history` has only attempts that ended early.
    """
    events = [{"at": row["created_at"], "status": "queued", "reason": None}, *row["history"]]
    if row["started_at"] is not None and not row["parts_left"]:  # with parts, its history already has this
        events.append({"at": row["started_at"], "status": "running", "reason": None})
    if row["left_at"] is not None and row["status"] in ("queued", "waiting"):
        why = f"a worker does not know the kind {row['kind']} and left it to others; upgrade the workers"
        events.append({"at": row["left_at"], "status": row["status"], "reason": why})
    if row["computed_at"] is not None:
        events.append({"at": row["computed_at"], "status": "computed", "reason": row["outcome"]})
    if row["finished_at"] is not None:
        events.append({"at": row["finished_at"], "status": row["outcome"], "reason": "its log line is written"})
    return events
