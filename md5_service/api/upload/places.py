"""How many files may be on their way at the same time. Counted in the process: two API processes take twice as many."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from md5_task_data.errors import Busy, TooMany


class Places:
    """For files that are received at the same time: `most` in all, `most_of_one` of one owner."""

    def __init__(self, most: int, most_of_one: int) -> None:
        self._most = most
        self._most_of_one = most_of_one
        self._taken: Counter[str] = Counter()

    @contextmanager
    def one(self, owner: str) -> Iterator[None]:
        """Raises TooMany, Busy."""
        if self._taken[owner] >= self._most_of_one:
            raise TooMany(
                f"You already have {self._most_of_one} uploads in progress. Start the next when one of them has finished."
            )
        if self._taken.total() >= self._most:
            raise Busy(f"The service already has {self._most} uploads in progress. Try again soon.")
        self._taken[owner] += 1
        try:
            yield
        finally:
            self._taken[owner] -= 1
            if not self._taken[owner]:
                del self._taken[owner]
