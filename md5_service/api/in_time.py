"""Nobody waits long for a server that may never answer: each step that asks one is bounded."""

import asyncio
import contextvars
import functools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from md5_task_data.errors import DependencyAway

ANSWER_S = 1.5  # so that a client has its answer, or a 503, within two seconds
MOST_STEPS = 32  # under way at the same time, those that nobody waits for any more among them

_steps = ThreadPoolExecutor(MOST_STEPS, thread_name_prefix="step")
T = TypeVar("T")


async def in_time(step: Callable[[], T], threads: ThreadPoolExecutor = _steps) -> T:
    """Run a step in one of these threads. Raises DependencyAway when there is no answer in `ANSWER_S`: the step may be under
    way all the same, and what it was about to commit may still come to be."""
    try:
        named = functools.partial(contextvars.copy_context().run, step)  # what it logs is about the same request
        return await asyncio.wait_for(asyncio.get_running_loop().run_in_executor(threads, named), ANSWER_S)
    except TimeoutError:
        raise DependencyAway(f"no answer in {ANSWER_S:g} s") from None
