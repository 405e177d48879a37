"""Workers are killed again and again while they search one file together, and a client reads what they find: the rows, and the
pages that it read, are the numbers that libphonenumber finds in the whole text, each once."""

import threading
import time
from collections.abc import Callable
from typing import Any

import httpx2
import pytest
from sqlalchemy import select

from md5_task_data.database.engine import Database
from md5_task_data.kinds.phones import Phone
from md5_task_data.schema import phone_regions, phones
from tests.client import IN_TIME_S, wait_for
from tests.cluster import Cluster
from tests.faults.conftest import StartCluster
from tests.faults.oracle import KEPT, counts, unfinished
from tests.faults.schedule import SEED, carry_out, draw
from tests.servers.valkey import Valkey
from tests.worker.numbers import log_of, numbers_in

LEASE_S = 1
PART_BYTES = 8 << 10


class Reader(threading.Thread):
    """A client that follows `next` until it is null."""

    def __init__(self, cluster: Cluster, task_id: str) -> None:
        super().__init__(daemon=True)
        self._path = f"{cluster.url}/v1/tasks/{task_id}/phones"
        self.items: list[Phone] = []
        self.early = 0  # read before the search was complete

    def run(self) -> None:
        query: dict[str, Any] = {"limit": 50}
        with httpx2.Client(timeout=IN_TIME_S) as client:
            while True:
                page = client.get(self._path, params=query).raise_for_status().json()
                self.items += [Phone(**item) for item in page["items"]]
                if page["next"] is None:
                    return
                self.early = self.early if page["complete"] else len(self.items)
                query["cursor"] = page["next"]
                time.sleep(0.02)


@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    "database_url",
    ["postgresql", *(pytest.param(make, marks=pytest.mark.long) for make in ("mariadb", "sqlite"))],
    indirect=True,
)
def test_a_search_survives_its_workers(
    database_url: str,
    valkey: Valkey,
    start_cluster: StartCluster,
    is_long: bool,
    figure: Callable[[str], None],
) -> None:
    lines, kills, over_s = (90_000, 50, 15) if is_long else (15_000, 6, 1.5)
    text = log_of(lines, SEED)
    cluster = start_cluster(
        database_url,
        valkey.url,
        workers=3,
        lease_s=LEASE_S,
        sweep_s=0.5,
        max_attempts=1000,
        part_bytes=PART_BYTES,
        log_level="error",
    )
    began = time.monotonic()
    task_id = cluster.hand_over(text.encode(), "calls.log", kind="phones")
    reader = Reader(cluster, task_id)
    reader.start()
    faults = draw(SEED, kills=2 * kills, stops=0, over_s=over_s, stopped_s=0)
    hits = carry_out([fault for fault in faults if fault.role == "worker"][:kills], cluster)
    assert cluster.task(task_id)["outcome"] is None, "it was over before the last kill"
    done = cluster.ended(task_id, within_s=4 * IN_TIME_S + over_s)
    took_s = time.monotonic() - began
    reader.join(IN_TIME_S)
    wait_for(lambda: unfinished(database_url) == 0, "the parts to be cleared away")
    cluster.stop()
    expected = numbers_in(text)
    found, by_region = everything(database_url)
    figure(
        f"seed {SEED}, {len(text.encode())} bytes in parts of {PART_BYTES}, leases of {LEASE_S} s; {hits.kills} kills; "
        f"ended {took_s:.1f} s after the upload; {len(found)} numbers, {reader.early} of them read before; {done['result']}"
    )
    assert hits.kills == kills
    assert found == expected
    assert reader.items == expected
    assert reader.early > 0
    assert done["result"]["numbers"] == by_region == len(expected) > lines // 3
    assert done["result"]["distinct"] == len({each.number for each in expected})
    assert counts(database_url, cluster.log_path, {}) == KEPT


def everything(database_url: str) -> tuple[list[Phone], int]:
    """All numbers, in file order, and the sum of the counts by region."""
    database = Database(database_url)
    with database.reading() as db:
        rows = db.execute(select(*(phones.c[name] for name in Phone._fields)).order_by(phones.c.offset)).all()
        numbers = sum(db.scalars(select(phone_regions.c.numbers)))
    database.close()
    return [Phone(*row) for row in rows], numbers
