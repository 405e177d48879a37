"""Celery: `celery -A bench.straightforward.worker worker`."""

import os
from typing import Any

from celery import Celery

from bench.straightforward.work import LogIsBusy, work_on

app = Celery("straightforward", broker=os.environ["BROKER_URL"])


@app.task(bind=True, max_retries=None)
def process(self: Any, task_id: str) -> None:
    try:
        work_on(task_id)
    except LogIsBusy as error:
        raise self.retry(exc=error, countdown=1) from error
