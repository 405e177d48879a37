"""A worker shows that its main loop turns: it touches a file every few seconds, where MD5_ALIVE_FILE names one. A container's
health check looks at that file's age, which costs nothing; to ask the worker itself would start a second Celery each time."""

from pathlib import Path
from typing import Any

from celery.bootsteps import StartStopStep

TOUCH_S = 5


def shown_in(file: Path) -> type[StartStopStep]:
    """A step of a worker's start: from here on `file` is touched. Not while the broker is away, for Celery's loop stands then."""

    class Alive(StartStopStep):
        requires = ("celery.worker.components:Timer",)

        def start(self, worker: Any) -> None:
            file.touch()
            worker.timer.call_repeatedly(TOUCH_S, file.touch)

    return Alive
