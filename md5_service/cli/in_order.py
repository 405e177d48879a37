"""Several files at once, with their results in the order of the arguments."""

import os
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

AT_ONCE = 16  # files; the service writes the rows of files that arrive together in one transaction
WAITING = 4 * AT_ONCE  # results that may wait for an earlier one

Item = TypeVar("Item")
Result = TypeVar("Result")


def in_order(work: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
    """`work(item)` for each item, `AT_ONCE` of them at the same time, in constant memory. Raises what `work` raises."""
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
                sys.stderr.write("\x1b[?25h\n")  # show the cursor, which a progress bar hides
                sys.stderr.flush()
            os._exit(130)  # threads may be waiting for a response, and there is nothing to clean up
        finally:
            for one in waiting:
                one.cancel()
