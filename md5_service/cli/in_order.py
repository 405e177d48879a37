"""Several files at once, and their results in the order in which they were named."""

import os
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

AT_ONCE = 16  # files: the service writes the rows of those that come together in one transaction
WAITING = 4 * AT_ONCE  # results that wait for an earlier one

Item = TypeVar("Item")
Result = TypeVar("Result")


def in_order(work: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
    """`work` of each item, `AT_ONCE` at the same time; memory is flat for any number of them. Raises what `work` raises."""
    waiting: deque[Future[Result]] = deque()
    with ThreadPoolExecutor(AT_ONCE) as threads:
        try:
            for item in items:
                if len(waiting) >= WAITING or (waiting and waiting[0].done()):
                    yield waiting.popleft().result()
                waiting.append(threads.submit(work, item))
            while waiting:
                yield waiting.popleft().result()
        except KeyboardInterrupt:
            if sys.stderr is not None and sys.stderr.isatty():
                sys.stderr.write("\x1b[?25h\n")  # the cursor, which a progress bar hides
                sys.stderr.flush()
            os._exit(130)  # the threads may be waiting for an answer, and there is nothing to clear away
        finally:
            for one in waiting:
                one.cancel()
