"""Shows that a worker's main loop is running: if MD5_ALIVE_FILE names a file, the worker touches it every few seconds. A
container's health check looks at the file's age, which costs nothing; asking the worker itself would start a second Celery
each time."""

from pathlib import Path
from typing import Any

from celery.bootsteps import StartStopStep

TOUCH_S = 5


def shown_in(file: Path) -> type[StartStopStep]:
    """A step of a worker's start, after which `file` is touched regularly. Not while the broker is unavailable, because
    Celery's loop stops then."""

    class Alive(StartStopStep):
        requires = ("celery.worker.components:Timer",)

        def start(self, worker: Any) -> None:
            file.touch()
            worker.timer.call_repeatedly(TOUCH_S, file.touch)

    return Alive
