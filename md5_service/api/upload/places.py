"""Slots for uploads in progress. They are counted per process: two API processes accept twice as many."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from md5_task_data.errors import Busy, TooMany


class Places:
    """Slots for uploads in progress: `most` in total, `most_of_one` for one owner."""

    def __init__(self, most: int, most_of_one: int) -> None:
        self._most = most
        self._most_of_one = most_of_one
        self._taken: Counter[str] = Counter()

    @contextmanager
    def one(self, owner: str) -> Iterator[None]:
        """Take a slot for the duration of the block. Raises TooMany, Busy."""
        if self._taken[owner] >= self._most_of_one:
            raise TooMany(
                f"You already have {self._most_of_one} uploads in progress. Start the next when one of them has finished."
            )
        if self._taken.total() >= self._most:
            raise Busy(f"The service already has {self._most} uploads in progress. Retry soon.")
        self._taken[owner] += 1
        try:
            yield
        finally:
            self._taken[owner] -= 1
            if not self._taken[owner]:
                del self._taken[owner]
