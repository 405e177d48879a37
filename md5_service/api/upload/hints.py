"""Sends hints about committed tasks from a separate thread. A hint may be lost: the row is the promise."""

import logging
import queue
import threading
import time
from collections.abc import Sequence

from celery import Celery

from md5_service.broker import publish
from md5_task_data.errors import DependencyAway
from md5_task_data.failpoints import reach
from md5_task_data.queue.hints import messages_for
from md5_task_data.schema import Row

log = logging.getLogger(__name__)

MAX_HELD = 1000  # commits whose hints are waiting
REST_S = 0.01  # seconds after a message: tasks that arrive meanwhile share the next one


class Hints:
    """Publishes hints without making a request wait for the broker. Hints that cannot be sent or queued are dropped; the sweeper
    sends them later."""

    def __init__(self, app: Celery) -> None:
        self._app = app
        self._queue: queue.Queue[Sequence[Row] | None] = queue.Queue(MAX_HELD)
        self._thread = threading.Thread(target=self._run, name="hints", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Send what is queued, waiting a few seconds at most."""
        try:
            self._queue.put(None, timeout=1)
        except queue.Full:
            return
        self._thread.join(timeout=3)

    def send(self, rows: Sequence[Row]) -> None:
        """Queue the hints for the tasks of one commit."""
        try:
            self._queue.put_nowait(rows)
        except queue.Full:
            log.warning("hints for %d tasks not sent, because the queue is full; the sweeper will send them", len(rows))

    def _run(self) -> None:
        while True:
            held = [self._queue.get()]
            while not self._queue.empty():
                held.append(self._queue.get_nowait())
            rows = [row for together in held if together is not None for row in together]
            try:
                publish(self._app, messages_for(rows))
                reach("intake.published")
            except DependencyAway as error:
                log.warning("hints for %d tasks not sent; the sweeper will send them: %s", len(rows), error)
            except Exception:  # this thread must survive any error
                log.exception("hints for %d tasks not sent; the sweeper will send them", len(rows))
            if None in held:
                return
            time.sleep(REST_S)
