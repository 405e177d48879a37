"""A worker or beat as `md5-service up` starts it: what `celery worker` and `celery beat` do, without their command line,
which takes half a second to import."""

import os
from typing import Any

import celery.apps.beat
import celery.apps.worker
import celery.concurrency.prefork  # noqa: F401  # all three: imported here, or Celery would import them later
from celery.signals import beat_init, worker_ready
from celery.utils.nodenames import host_format

from md5_service.settings import settings_of_process
from md5_service.worker.app import create_worker

BEAT = "beat"


def main(queue: str, children: str, begun: int) -> None:
    """Work on one queue with this many processes; `beat`: send the sweeps. Writes a byte to the descriptor `begun` when it
    has started. Ends with SystemExit."""

    def has_begun(**_: object) -> None:
        os.write(begun, b".")

    for signal in (worker_ready, beat_init):
        signal.connect(has_begun, weak=False)
    app: Any = create_worker(settings_of_process())
    app.set_current()
    if queue == BEAT:
        app.Beat(quiet=True).run()
        return
    alone = {"without_gossip": True, "without_mingle": True, "without_heartbeat": True, "quiet": True}
    worker = app.Worker(hostname=host_format(f"{queue}@%h"), queues=queue, concurrency=int(children), **alone)
    worker.start()
    raise SystemExit(worker.exitcode)
