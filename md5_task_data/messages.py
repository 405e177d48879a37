"""Which message tells of which tasks, and by which lane it goes."""

from collections.abc import Iterable
from typing import NamedTuple

from md5_task_data.schema import Row, tasks

SMALL = 1 << 20  # bytes of a file that travels with others
LARGE = 64 << 20  # bytes of a file that has a lane of its own: a tenth of a second of work, or hours
MOST_TOGETHER = 50  # of these in a message
NEEDED = tasks.c.id, tasks.c.parent_id, tasks.c.attempt, tasks.c.size  # of each row, to tell its message


class Message(NamedTuple):
    """What one message names; `is_large` is one that would hold up all others."""

    task_ids: list[str]
    is_large: bool = False


def messages_about(rows: Iterable[Row]) -> list[Message]:
    """The ids of tasks, by message: small files that nobody has tried yet together, everything else alone, so that nobody waits
    behind a large file or the parts of one, and what kills its worker takes no neighbours along."""
    alone, together = [], []
    for row in rows:
        if row["parent_id"] is not None:
            alone.append(Message([row["id"]], is_large=True))
        elif row["attempt"] or row["size"] > SMALL:
            alone.append(Message([row["id"]], row["size"] > LARGE))
        else:
            together.append(row["id"])
    starts = range(0, len(together), MOST_TOGETHER)
    return [*alone, *(Message(together[start : start + MOST_TOGETHER]) for start in starts)]
