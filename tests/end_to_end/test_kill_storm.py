"""The promise: files are uploaded while the whole process tree is killed repeatedly; nothing is lost, wrong or duplicated."""

import hashlib
import random
import time
from collections.abc import Callable
from functools import partial

import pytest
from sqlalchemy import update

from md5_task_data.database.engine import Database
from md5_task_data.schema import totals
from tests.client import IN_TIME_S, wait_for
from tests.faults.journal import Journal
from tests.faults.oracle import KEPT, counts, unfinished
from tests.service import Service

SEED = 20261122


@pytest.mark.shows("md5-service up")
@pytest.mark.timeout(600)
def test_nothing_is_lost_when_everything_is_killed_again_and_again(
    start_service: Callable[..., Service], is_long: bool
) -> None:
    promises, kills = (500, 10) if is_long else (120, 2)
    service = start_service(lease_s=5, max_attempts=50)
    moments = random.Random(SEED)
    journal = Journal([service.url], promises, SEED, clients=1)
    journal.start()
    for kill in range(1, kills + 1):
        wait_for(
            lambda: len(journal.promises) >= min(kill * promises // kills, promises - 1),  # noqa: B023 (called at once)
            "more promises",
        )
        time.sleep(moments.uniform(0, 0.5))
        assert service.kill_tree() >= 6
        started = time.monotonic()
        service.start()
    journal.join(IN_TIME_S)
    wait_for(lambda: unfinished(service.database_url) == 0, "every promise to be kept")
    print(f"settled {time.monotonic() - started:.1f} s after the last start")
    assert service.stop() == 0
    assert counts(service.database_url, service.log_path, journal.promises) == KEPT


def test_the_oracle_sees_each_sort_of_broken_promise(start_service: Callable[..., Service]) -> None:
    """The oracle detects every way to break the promise."""
    service = start_service()
    journal = {service.hand_over(b"abc"): hashlib.md5(b"abc").hexdigest() for _ in range(3)}
    for task_id in journal:
        service.ended(task_id)
    service.stop()
    found = partial(counts, service.database_url, service.log_path)
    assert found(journal) == KEPT
    one = next(iter(journal))
    assert found({**journal, "01a201f5-3560-7681-96d2-5d5d82951648": ""}).lost == 1
    assert found({**journal, one: "0" * 32}).wrong == 1
    whole = service.log_path.read_bytes()
    service.log_path.write_bytes(whole + whole.splitlines(keepends=True)[0])
    assert found(journal) == KEPT._replace(doubled=1, torn=2)
    service.log_path.write_bytes(whole[: whole[:-1].rindex(b"\n") + 1])
    assert found(journal) == KEPT._replace(unlogged=1, torn=1)
    service.log_path.write_bytes(whole)
    with Database(service.database_url).transaction() as db:
        db.execute(update(totals).values(tasks=totals.c.tasks + 1))
    assert found(journal).miscounted > 0
