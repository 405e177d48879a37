"""What one owner's flood of files costs another owner, whose files are uploaded beside it, again and again, until the
flood has been processed.

The whole flood is queued before the workers start, as if it arrived faster than they work.
"""

import contextlib
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import httpx2
import uuid_utils

from bench.peers.measure import percentile
from md5_task_data import tasks
from md5_task_data.bucket.folder import Bucket
from md5_task_data.database.engine import Database
from tests.servers.dns import Dns
from tests.service import LARGE, WORKER, Service

SMALL, MANY_SMALL = 4096, 10_000
BIG, MANY_BIG = 65 << 20, 200
CLIENTS = 8
LONGEST_S = 60
HOSTILE = b"email,name\na@" + b"." * 100_000 + b'"\n'
SILENT = b"email\n" + b"".join(b"x@silent-%d.org\n" % number for number in range(1300))  # 24 KB
CONTACTS = b"email,name\nann@example.org,Ann\n"


class Flood(NamedTuple):
    """The files of the flood, and those of the neighbour."""

    begin: Callable[[Service, httpx2.Client], None]
    neighbours: bytes
    kind: str = "md5"


def _small(_: Service, client: httpx2.Client) -> None:
    with ThreadPoolExecutor(CLIENTS) as threads:
        for answer in threads.map(lambda _: client.post("/v1/tasks", content=os.urandom(SMALL)), range(MANY_SMALL)):
            answer.raise_for_status()


def _large(service: Service, client: httpx2.Client) -> None:
    """The same bytes under many names: only the work is measured."""
    first = client.post("/v1/tasks", content=bytes(BIG)).json()["id"]
    bucket, database = Bucket(f"file://{service.folder}/bucket"), Database(service.database_url)
    with contextlib.closing(database):
        for _ in range(MANY_BIG - 1):
            task_id = str(uuid_utils.uuid7())
            bucket.share(first, task_id)
            with database.transaction() as db:
                tasks.create(db, tasks.NewTask(task_id, "attacker", "md5", "large", BIG))


def _two_of(content: bytes, **params: str) -> Callable[[Service, httpx2.Client], None]:
    def begin(_: Service, client: httpx2.Client) -> None:
        for _time in range(2):
            client.post("/v1/tasks", params={"kind": "contacts", **params}, content=content).raise_for_status()

    return begin


FLOODS = {
    f"{MANY_SMALL:,} of 4 KiB: a file of 4 KiB": Flood(_small, b"a" * SMALL),
    f"{MANY_BIG} of 65 MiB: a file of 4 KiB": Flood(_large, b"a" * SMALL),
    f"{MANY_BIG} of 65 MiB: another one": Flood(_large, bytes(BIG)),
    "two hostile CSVs of 100 KB: a file of 4 KiB": Flood(_two_of(HOSTILE), b"a" * SMALL),
    "two CSVs of 24 KB, and a DNS that is silent: a file of 4 KiB": Flood(
        _two_of(SILENT, check_mx="yes"), b"a" * SMALL
    ),
    "the same: a CSV": Flood(_two_of(SILENT, check_mx="yes"), CONTACTS, "contacts"),
}


def measure(folder: Path) -> list[tuple[str, str]]:
    rows = []
    (folder / "dns").mkdir()
    with Dns(folder / "dns", []) as dns:
        dns.suspend()
        for number, (name, flood) in enumerate(FLOODS.items()):
            service = Service(folder / str(number), {"MD5_AUTH": "keys", "MD5_DNS_SERVER": dns.address})
            service.start()
            try:
                alone, beside, ended = _beside(service, flood)
            finally:
                service.end()
            rows.append((f"{name}, alone", _times(alone)))
            rows.append(
                (f"the same beside them ({len(beside)}{'' if ended else '; they had not ended'})", _times(beside))
            )
        dns.resume()
    return rows


def _beside(service: Service, flood: Flood) -> tuple[list[float], list[float], bool]:
    (_, attacker), (_, neighbour) = service.new_key("attacker"), service.new_key("neighbour")
    with _client(service, attacker) as attacks, _client(service, neighbour) as client:

        def one() -> float:
            began = time.perf_counter()
            answer = client.post(
                "/v1/tasks", params={"kind": flood.kind}, content=flood.neighbours, headers={"Prefer": "wait=60"}
            )
            task = answer.json()
            while not task["outcome"]:
                task = client.get(f"/v1/tasks/{task['id']}", headers={"Prefer": "wait=60"}).json()
            assert task["outcome"] == "done", task
            return time.perf_counter() - began

        alone = [one() for _ in range(20)]
        workers = [*service.parts(WORKER), *service.parts(LARGE)]
        service.suspend(workers)
        flood.begin(service, attacks)
        for worker in workers:
            worker.resume()
        beside, until = [one()], time.monotonic() + LONGEST_S
        while not (ended := _has_ended(attacks)) and time.monotonic() < until:
            beside.append(one())
        return alone, beside, ended


def _has_ended(client: httpx2.Client) -> bool:
    return not any(
        client.get("/v1/tasks", params={"status": s, "limit": 1}).json()["items"] for s in ("queued", "running")
    )


def _client(service: Service, key: str) -> httpx2.Client:
    return httpx2.Client(base_url=service.url, headers={"Authorization": f"Bearer {key}"}, timeout=120)


def _times(took: list[float]) -> str:
    if len(took) < 2:
        return f"{took[0] * 1e3:.0f} ms, the only one"
    return ", ".join(f"{percentile(took, p) * 1e3:.0f} ms" for p in (50, 99)) + f", {max(took) * 1e3:.0f} ms"
