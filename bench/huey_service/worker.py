"""Huey: `huey_consumer bench.huey_service.worker.huey`."""

import os

from huey import RedisHuey
from huey.exceptions import RetryTask

from bench.straightforward.work import LogIsBusy, work_on

huey = RedisHuey("straightforward", url=os.environ["BROKER_URL"], results=False)


@huey.task()  # type: ignore[untyped-decorator]  # Huey has no types
def process(task_id: str) -> None:
    try:
        work_on(task_id)
    except LogIsBusy:
        raise RetryTask(delay=1) from None
