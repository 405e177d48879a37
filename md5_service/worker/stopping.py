"""How a worker stops: it takes nothing new, lets short work end, has longer work given back, and then ends in any case.

SIGTERM, SIGINT and SIGQUIT all ask for that, once or more often. Celery's own handler of a "cold" shutdown does everything
where the signal happens to find the main loop, and waits for ever for a child to which that loop was just writing: one stop
in ten, under load. Here the handler takes a note, which the loop acts upon, and a thread sees to it that the loop gets there.
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
SHORT_WORK_S = 2  # work that ends within this is waited for
GIVE_BACK_S = 5  # so long longer work may take to be given back
END_S = 2  # so long the main process may take when its children are gone


class OrderlyStop(StartStopStep):
    """A step of a worker's start: from here on it is asked to stop in this way."""

    requires = ("celery.worker.components:Pool",)

    def start(self, worker: Any) -> None:
        requests: SimpleQueue[None] = SimpleQueue()  # its put may interrupt itself
        woken, wake = os.pipe()
        os.set_blocking(wake, False)
        if worker.hub is not None:  # the main loop, which else looks up once a second
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
    _signal_children(pool, signal.SIGTERM)  # raises SystemExit in the work; who has none would look up once a second
    time.sleep(GIVE_BACK_S)
    log.error("the worker did not stop within %d s: what is left of it is killed", SHORT_WORK_S + GIVE_BACK_S)
    _signal_children(pool, signal.SIGKILL)
    time.sleep(END_S)
    os._exit(1)


def _has_nothing_to_do(pool: Any) -> bool:
    """Whether it takes nothing any more, and all that it took has ended."""
    inner = getattr(pool, "_pool", None)
    return inner is not None and inner._state != RUN and not inner._cache


def _signal_children(pool: Any, number: signal.Signals) -> None:
    with contextlib.suppress(AttributeError):  # the pool has ended meanwhile
        for pid in pool.info["processes"]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
