"""How a worker stops: it takes nothing new, lets short work finish, puts longer work back, and then ends in any case.

SIGTERM, SIGINT and SIGQUIT all ask for that, once or more often. Celery's own handler for a "cold" shutdown does
everything wherever the signal interrupts the main loop, and waits forever for a child to which that loop was just
writing: in one stop of ten, under load. Here the handler only records the request, which the main loop acts upon, and a
thread makes sure that the loop gets there.
"""

import contextlib
import logging
import os
import signal
import threading
import time
from queue import SimpleQueue
from typing import Any

from billiard.pool import RUN
from celery.bootsteps import StartStopStep

log = logging.getLogger(__name__)

LOOK_AGAIN_S = 0.02
SHORT_WORK_S = 2  # work that finishes within this time is waited for
GIVE_BACK_S = 5  # for longer work to be put back
END_S = 2  # for the main process to end after its children


class OrderlyStop(StartStopStep):
    """A step of a worker's start, after which signals stop the worker in this way."""

    requires = ("celery.worker.components:Pool",)

    def start(self, worker: Any) -> None:
        requests: SimpleQueue[None] = SimpleQueue()  # its `put` is reentrant
        woken, wake = os.pipe()
        os.set_blocking(wake, False)
        if worker.hub is not None:  # wakes the main loop, which otherwise checks once per second
            worker.hub.add_reader(woken, lambda: os.read(woken, 1))

        def ask(*_: object) -> None:
            worker.state.should_stop = os.EX_OK
            requests.put(None)
            with contextlib.suppress(BlockingIOError):
                os.write(wake, b"!")

        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
            signal.signal(number, ask)
        threading.Thread(target=_see_to_it, args=(requests, worker.pool), name="stopping", daemon=True).start()


def _see_to_it(requests: SimpleQueue[None], pool: Any) -> None:
    requests.get()
    began = time.monotonic()
    while time.monotonic() - began < SHORT_WORK_S and not _has_nothing_to_do(pool):
        time.sleep(LOOK_AGAIN_S)
    # Raises SystemExit in the work; idle children would otherwise notice only within a second.
    _signal_children(pool, signal.SIGTERM)
    time.sleep(GIVE_BACK_S)
    log.error("the worker did not stop within %d s; killing its remaining processes", SHORT_WORK_S + GIVE_BACK_S)
    _signal_children(pool, signal.SIGKILL)
    time.sleep(END_S)
    os._exit(1)


def _has_nothing_to_do(pool: Any) -> bool:
    """Whether the pool accepts nothing more and everything that it accepted has finished."""
    inner = getattr(pool, "_pool", None)
    return inner is not None and inner._state != RUN and not inner._cache


def _signal_children(pool: Any, number: signal.Signals) -> None:
    with contextlib.suppress(AttributeError):  # the pool has already ended
        for pid in pool.info["processes"]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
