"""Which message tells of which tasks, and by which lane it goes.

`work` is for what takes a tenth of a second at most: the MD5 of all but large files. Whatever may take longer, reads rows or
asks the DNS goes by `large`, whatever its size, and nobody's small files wait behind it. Whose turn it is in a lane is decided
when its message is taken: see `turns`.
"""

from collections.abc import Iterable
from typing import NamedTuple

from md5_task_data.registry import KINDS
from md5_task_data.schema import Row, tasks

WORK, LARGE = LANES = "work", "large"
SMALL = 1 << 20  # bytes of a file that travels with others
LARGE_FILE = 64 << 20  # bytes: more is more than a tenth of a second of work, or hours
FIRST_HINT_S = 30  # a message is sent right after the commit; when nobody came by then, the sweeper sends another
MOST_TOGETHER = 50  # of these in a message
NEEDED = tasks.c.id, tasks.c.lane, tasks.c.attempt, tasks.c.size  # of each row, to tell its message


class Message(NamedTuple):
    """What one message names, and the lane that it goes by."""

    task_ids: list[str]
    lane: str = WORK


def lane_of(kind: str, size: int) -> str:
    """By which lane a file goes; the parts of one go by `large`."""
    return WORK if KINDS[kind].is_instant and size <= LARGE_FILE else LARGE


def goes_together(row: Row) -> bool:
    """Whether a message may name it beside others: it is small, and nobody has tried it yet, so that what kills its worker
    takes no neighbours along."""
    return bool(row["lane"] == WORK and not row["attempt"] and row["size"] <= SMALL)


def messages_for(rows: Iterable[Row]) -> list[Message]:
    """The ids of tasks, by message: what goes together, and everything else alone."""
    alone, together = [], []
    for row in rows:
        if goes_together(row):
            together.append(row["id"])
        else:
            alone.append(Message([row["id"]], row["lane"]))
    starts = range(0, len(together), MOST_TOGETHER)
    return [*alone, *(Message(together[start : start + MOST_TOGETHER]) for start in starts)]
