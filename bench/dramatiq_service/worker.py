"""Dramatiq: `dramatiq bench.dramatiq_service.worker`."""

import os

import dramatiq
from dramatiq.brokers.redis import RedisBroker

from bench.straightforward.work import LogIsBusy, work_on

dramatiq.set_broker(RedisBroker(url=os.environ["BROKER_URL"]))  # type: ignore[no-untyped-call]  # theirs has none


@dramatiq.actor(max_retries=None)
def process(task_id: str) -> None:
    try:
        work_on(task_id)
    except LogIsBusy:
        raise dramatiq.Retry(delay=1000) from None
