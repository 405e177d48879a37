"""Hints about what was committed, sent by a thread of its own. They may fail: the row is the promise."""

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

MAX_HELD = 1000  # commits whose hints are not sent yet
REST_S = 0.01  # after a message; who comes meanwhile shares the next, and who comes later waits for nobody


class Hints:
    """No request ever waits for the broker. What cannot be sent, or held, is dropped: the sweeper sends it."""

    def __init__(self, app: Celery) -> None:
        self._app = app
        self._queue: queue.Queue[Sequence[Row] | None] = queue.Queue(MAX_HELD)
        self._thread = threading.Thread(target=self._run, name="hints", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Send what is held, waiting a little."""
        try:
            self._queue.put(None, timeout=1)
        except queue.Full:
            return
        self._thread.join(timeout=3)

    def send(self, rows: Sequence[Row]) -> None:
        """Of the tasks of one commit."""
        try:
            self._queue.put_nowait(rows)
        except queue.Full:
            log.warning("hints for %d tasks not sent: too many wait; the sweeper will", len(rows))

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
                log.warning("hints for %d tasks not sent; the sweeper will: %s", len(rows), error)
            except Exception:  # whatever it is, this thread must outlive it
                log.exception("hints for %d tasks not sent; the sweeper will", len(rows))
            if None in held:
                return
            time.sleep(REST_S)
