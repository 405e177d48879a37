"""A whole list of tasks, for an export: in steps, so that memory stays flat and no step takes long."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import Connection

from md5_task_data.filters import FOUND_BY_INDEX, newest_first
from md5_task_data.schema import Row, tasks

STEP = 1000  # rows that one step looks at

_COLUMNS = [
    tasks.c[name]
    for name in (
        *("id", "kind", "status", "outcome", "filename", "size", "batch", "params"),
        *("created_at", "finished_at", "md5", "verdict", "error"),
    )
]


class Step(NamedTuple):
    """`before`: the id below which the next step continues; None: this was the last."""

    rows: Sequence[Row]
    before: str | None


def step(db: Connection, owner: str, filters: Mapping[str, str | None], before: str | None = None) -> Step:
    """The next tasks that pass the filters of `tasks.page`, newest first. One step looks at STEP rows, however few of them pass,
    because only some filters have an index. Raises InvalidInput."""
    indexed = {name: value for name, value in filters.items() if name in FOUND_BY_INDEX}
    last = db.scalar(newest_first([tasks.c.id], owner, indexed, before).offset(STEP - 1).limit(1))
    query = newest_first(_COLUMNS, owner, filters, before)
    if last is not None:
        query = query.where(tasks.c.id >= last)
    return Step(db.execute(query).mappings().all(), last)
