"""Deadlines for steps that ask another server, so that no request waits for one that never answers."""

import asyncio
import contextvars
import functools
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar
from weakref import WeakValueDictionary

from md5_task_data.errors import DependencyAway

ANSWER_S = 1.5  # a client gets its answer, or a 503, within two seconds of an outage
LONGEST_S = 30  # for a step that waits for its turn while others get their answers
MOST_LONG_STEPS = 4  # running at the same time
MOST_STEPS = 32  # running at the same time, including abandoned ones

_steps = ThreadPoolExecutor(MOST_STEPS, thread_name_prefix="step")
_answered_at = float("-inf")  # time.monotonic() when the database last answered a step
T = TypeVar("T")


async def run_with_deadline(step: Callable[[], T], threads: ThreadPoolExecutor | None = None) -> T:
    """Run a step in a thread, one of `threads` if given. Raises DependencyAway as `await_with_deadline` does."""
    return await await_with_deadline(start_in_thread(step, threads), of_database=threads is None)


class LongSteps:
    """Steps that also compute for milliseconds, such as lists. Each owner runs one at a time, so that no owner delays another by
    more than one step. Only a few run in total, which leaves threads and the interpreter to short steps."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(MOST_LONG_STEPS, thread_name_prefix="long-step")
        self._of_owner: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def run(self, owner: str, step: Callable[[], T]) -> T:
        """Run a step when the owner's previous one has finished. Raises DependencyAway as `await_with_deadline` does."""
        turn = self._of_owner.setdefault(owner, asyncio.Lock())
        async with turn:
            return await await_with_deadline(start_in_thread(functools.partial(_noting_answers, step), self._threads))


def start_in_thread(step: Callable[[], T], threads: ThreadPoolExecutor | None = None) -> asyncio.Future[T]:
    """Start a step in a thread. A step without `threads` asks the database."""
    named = functools.partial(contextvars.copy_context().run, step)  # its log messages carry the id of the request
    runs = named if threads else functools.partial(_noting_answers, named)
    return asyncio.get_running_loop().run_in_executor(threads or _steps, runs)


async def await_with_deadline(answer: asyncio.Future[T], *, of_database: bool = True) -> T:
    """Wait for the step. Raises DependencyAway when neither it nor any other step got an answer for `ANSWER_S`. The step may
    still be running then, and may still commit."""
    began = time.monotonic()
    try:
        while not answer.done():
            is_waiting_for_its_turn = of_database and _answered_at > began
            until = min(_answered_at + ANSWER_S, began + LONGEST_S) if is_waiting_for_its_turn else began + ANSWER_S
            left_s = until - time.monotonic()
            if left_s <= 0:
                raise DependencyAway(f"no answer within {time.monotonic() - began:.1f} s")
            await asyncio.wait({answer}, timeout=left_s)
        return answer.result()
    finally:
        answer.cancel()  # has no effect once the step has started


def _noting_answers(step: Callable[[], T]) -> T:
    global _answered_at
    try:
        result = step()
    except DependencyAway:
        raise
    except Exception:  # an error is an answer too
        _answered_at = time.monotonic()
        raise
    _answered_at = time.monotonic()
    return result
