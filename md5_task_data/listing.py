"""A whole list of tasks, for an export: in steps, so that memory stays flat and no step takes long."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, select

from md5_task_data.filters import FOUND_BY_INDEX, conditions
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
    """`before`: the id that the next step goes on below; None: this was the last."""

    rows: Sequence[Row]
    before: str | None


def step(db: Connection, owner: str, filters: Mapping[str, str | None], before: str | None = None) -> Step:
    """The next tasks that pass the filters of `tasks.page`, newest first. One step looks at STEP rows, however few of them pass,
    because only some filters have an index. Raises InvalidInput."""
    below = [tasks.c.id < before] if before else []
    indexed = conditions(owner, {name: value for name, value in filters.items() if name in FOUND_BY_INDEX})
    ids = select(tasks.c.id).where(*indexed, *below).order_by(tasks.c.id.desc())
    last = db.scalar(ids.offset(STEP - 1).limit(1))
    down_to = [tasks.c.id >= last] if last else []
    wanted = select(*_COLUMNS).where(*conditions(owner, filters), *below, *down_to).order_by(tasks.c.id.desc())
    return Step(db.execute(wanted).mappings().all(), last)
