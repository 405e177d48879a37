"""Nobody waits long for a server that may never answer: each step that asks one is bounded."""

import asyncio
import contextvars
import functools
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar
from weakref import WeakValueDictionary

from md5_task_data.errors import DependencyAway

ANSWER_S = 1.5  # so that a client has its answer, or a 503, within two seconds of an outage
LONGEST_S = 30  # for a step that only waits for its turn, while others have their answers
MOST_LONG_STEPS = 4  # of those that compute as well
MOST_STEPS = 32  # under way at the same time, those that nobody waits for any more among them

_steps = ThreadPoolExecutor(MOST_STEPS, thread_name_prefix="step")
_answered_at = float("-inf")  # when the database last answered one of the steps (time.monotonic)
T = TypeVar("T")


async def run_with_deadline(step: Callable[[], T], threads: ThreadPoolExecutor | None = None) -> T:
    """Run a step in a thread, of `threads` where they are given. Raises DependencyAway as `await_with_deadline` does."""
    return await await_with_deadline(start_in_thread(step, threads), of_database=threads is None)


class LongSteps:
    """Steps that compute as well, for milliseconds, as lists do. Each owner has one at a time, so that nobody else waits for
    more than that. Few run in all, so that they leave threads, and turns of the interpreter, to what is short."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(MOST_LONG_STEPS, thread_name_prefix="long-step")
        self._of_owner: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def run(self, owner: str, step: Callable[[], T]) -> T:
        """Run a step when it is the owner's turn. Raises DependencyAway as `await_with_deadline` does."""
        turn = self._of_owner.setdefault(owner, asyncio.Lock())
        async with turn:
            return await await_with_deadline(start_in_thread(functools.partial(_noting_answers, step), self._threads))


def start_in_thread(step: Callable[[], T], threads: ThreadPoolExecutor | None = None) -> asyncio.Future[T]:
    """Have a step run in a thread. One without `threads` of its own asks the database."""
    named = functools.partial(contextvars.copy_context().run, step)  # what it logs is about the same request
    runs = named if threads else functools.partial(_noting_answers, named)
    return asyncio.get_running_loop().run_in_executor(threads or _steps, runs)


async def await_with_deadline(answer: asyncio.Future[T], *, of_database: bool = True) -> T:
    """Raises DependencyAway when there was no answer for `ANSWER_S`, to this or to any other step: it may be under way all the
    same, and what it was about to commit may still come to be."""
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
        answer.cancel()  # has no effect on one that has begun


def _noting_answers(step: Callable[[], T]) -> T:
    global _answered_at
    try:
        result = step()
    except DependencyAway:
        raise
    except Exception:  # a "no" is an answer too
        _answered_at = time.monotonic()
        raise
    _answered_at = time.monotonic()
    return result
