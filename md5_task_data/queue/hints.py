"""Which tasks one message names, and in which lane it travels.

The lane `work` is for tasks that take at most a tenth of a second: the MD5 of all but large files. Anything that may
take longer, reads rows or asks the DNS travels in `large`, whatever its size, so no small file waits behind it. Whose
turn it is in a lane is decided when a message is received: see `turns`.
"""

from collections.abc import Iterable
from typing import NamedTuple

from md5_task_data.registry import KINDS
from md5_task_data.schema import Row, tasks

WORK, LARGE = LANES = "work", "large"
SMALL = 1 << 20  # bytes; up to this size, files share a message
LARGE_FILE = 64 << 20  # bytes; more takes more than a tenth of a second, or even hours
FIRST_HINT_S = 30  # a message is sent right after the commit; if no worker has come by then, the sweeper repeats it
MOST_TOGETHER = 50  # small files in one message
NEEDED = tasks.c.id, tasks.c.lane, tasks.c.attempt, tasks.c.size  # the columns that decide a row's message


class Message(NamedTuple):
    """The tasks that one message names, and the lane in which it travels."""

    task_ids: list[str]
    lane: str = WORK


def lane_of(kind: str, size: int) -> str:
    """The lane of a file's message; the parts of a file always travel in `large`."""
    return WORK if KINDS[kind].is_instant and size <= LARGE_FILE else LARGE


def goes_together(row: Row) -> bool:
    """Whether a message may name this task beside others: it is small and has not been attempted, so that a file which
    kills its worker affects no other."""
    return bool(row["lane"] == WORK and not row["attempt"] and row["size"] <= SMALL)


def messages_for(rows: Iterable[Row]) -> list[Message]:
    """The messages for these tasks: those that may share one, together; all others alone."""
    alone, together = [], []
    for row in rows:
        if goes_together(row):
            together.append(row["id"])
        else:
            alone.append(Message([row["id"]], row["lane"]))
    starts = range(0, len(together), MOST_TOGETHER)
    return [*alone, *(Message(together[start : start + MOST_TOGETHER]) for start in starts)]
