"""PostgreSQL is killed, hangs, and loses connections while files arrive: promises are kept, and what cannot be promised is
refused at once."""

import contextlib
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Literal

import httpx2
import pytest

from tests.bucket import files
from tests.client import IN_TIME_S, wait_for
from tests.cluster import Cluster
from tests.faults.conftest import StartCluster
from tests.faults.journal import Journal
from tests.faults.oracle import KEPT, counts, unfinished
from tests.faults.outages import Outage, black_hole, half_open, refuse, restart, said, suspend
from tests.faults.proxy import Proxy
from tests.faults.schedule import SEED
from tests.servers.postgres import Postgres
from tests.servers.valkey import Valkey

BEFORE_OR_AFTER: tuple[Literal["before", "after"], ...] = ("before", "after")
ANSWER_S = 2.0
CROWD = 45  # concurrent requests; more than the API has threads for blocking calls
AGAIN_S = 5.0
WATCHED_S = 7.0  # it repeats what it waits for after 10 s
MOST_LINES_A_S = 1.0  # log lines per second of all processes
AT_ONCE_S = 2.0


@pytest.fixture
def proxy(own_postgres: Postgres) -> Iterator[Proxy]:
    with Proxy(own_postgres.port) as proxy:
        yield proxy


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Valkey]:
    with Valkey(tmp_path / "broker") as broker:
        yield broker


@pytest.mark.timeout(1800)
def test_restarts_and_cuts_at_commit(
    own_postgres: Postgres,
    proxy: Proxy,
    broker: Valkey,
    start_cluster: StartCluster,
    is_long: bool,
    figure: Callable[[str], None],
) -> None:
    restarts, cuts = (20, 25) if is_long else (2, 4)
    url = own_postgres.new_database(proxy.port)
    cluster = start_cluster(url, broker.url, apis=2, lease_s=3, sweep_s=1, max_attempts=1000, log_level="error")
    promises: dict[str, str] = {}

    journal = Journal(cluster.urls, 30 * restarts, SEED, over_s=1.5 * restarts)
    journal.start()
    for _ in range(restarts):
        time.sleep(0.5)
        own_postgres.restart()
    journal.join(IN_TIME_S)
    promises |= journal.promises
    said = f"{restarts} restarts: {journal}"

    for when in BEFORE_OR_AFTER:
        journal = Journal(cluster.urls, 10 * cuts, SEED + 1, over_s=0.2 * cuts)
        journal.start()
        for _ in range(cuts):  # one by one; together, they would all hit the first request
            cut_a_commit(proxy, when)
            time.sleep(0.05)
        journal.join(IN_TIME_S)
        promises |= journal.promises
        said += f"; {cuts} connections cut {when} COMMIT: {journal}"

    began = time.monotonic()
    wait_for(lambda: unfinished(url) == 0, "every promise to be kept")
    settled_s = time.monotonic() - began
    cluster.stop()
    found = counts(url, cluster.log_path, promises)
    figure(f"seed {SEED}; {said}; settled {settled_s:.1f} s; {found}")
    assert proxy.cuts == 2 * cuts
    assert found == KEPT


def cut_a_commit(proxy: Proxy, when: Literal["before", "after"]) -> None:
    done = proxy.cuts
    proxy.cut_at(b"COMMIT", when=when)
    wait_for(lambda: proxy.cuts > done, "a COMMIT to be cut")


OUTAGES: tuple[Outage, ...] = (refuse, restart, suspend, black_hole, half_open)


def test_everybody_has_an_answer_in_time(
    own_postgres: Postgres,
    proxy: Proxy,
    broker: Valkey,
    start_cluster: StartCluster,
    busy_s: float,
    figure: Callable[[str], None],
) -> None:
    url = own_postgres.new_database(proxy.port)
    cluster = start_cluster(url, broker.url, lease_s=3, sweep_s=1, log_level="error")
    task_id = cluster.hand_over(b"abc")
    slowest_s = 0.0
    after = []
    with crowd(cluster) as client:
        for outage in OUTAGES:
            everything_at_once(client, task_id)  # so that there are many connections to lose
            wait_for(lambda: unfinished(url) == 0, "the workers to have nothing to do")
            with outage(own_postgres, proxy):
                if outage is not half_open:
                    slowest_s = max(slowest_s, is_refused_in_time(client, task_id))
                    # Its bytes go to the disk first, which others may keep busy: it has as long as that takes.
                    assert client.post("/v1/tasks", content=bytes(20_000)).status_code == 503
            began = time.monotonic()
            promised = wait_for(
                lambda: promise(client), f"an upload to be taken, after {said(outage)}", within_s=AGAIN_S
            )
            taken_s = time.monotonic() - began
            assert cluster.ended(promised, IN_TIME_S)["status"] == "done"
            done_s = time.monotonic() - began
            after.append(f"{said(outage)} {taken_s:.1f} s and {done_s:.1f} s")
            # If it was not even reached, no COMMIT was sent, and everything received is removed again.
            wait_for(lambda: stored(cluster) <= rows(own_postgres, url), "no bytes without a row")
    assert slowest_s < ANSWER_S + busy_s
    figure(f"slowest 503 {slowest_s:.2f} s, {CROWD} clients; uploads taken again, and done: {', '.join(after)}")


def is_refused_in_time(client: httpx2.Client, task_id: str) -> float:
    """All get a 503 that says when to retry; returns how long the slowest took."""
    answers = everything_at_once(client, task_id)
    for answer in answers:
        if answer.url.path == "/healthz":
            assert answer.status_code == 200
            continue
        assert answer.status_code == 503, (answer.url, answer.text)
        if answer.url.path == "/readyz":
            checks = answer.json()["checks"]
            assert [name for name, outcome in checks.items() if outcome != "ok"] == ["database"], checks
        else:
            assert answer.headers["Content-Type"] == "application/problem+json"
            assert answer.json()["code"] == "unavailable"
            assert int(answer.headers["Retry-After"]) > 0
    return max(answer.elapsed.total_seconds() for answer in answers)


@contextlib.contextmanager
def crowd(cluster: Cluster) -> Iterator[httpx2.Client]:
    """Clients for concurrent requests, each on a connection of its own."""
    with httpx2.Client(
        base_url=cluster.url, timeout=IN_TIME_S, limits=httpx2.Limits(), headers={"Connection": "close"}
    ) as client:
        yield client


def everything_at_once(client: httpx2.Client, task_id: str) -> list[httpx2.Response]:
    """The outcome of many concurrent uploads, reads, lists and readiness checks."""
    asks = [("POST", "/v1/tasks"), ("GET", f"/v1/tasks/{task_id}"), ("GET", "/v1/tasks")] * (CROWD // 3)
    asks += [("GET", "/readyz"), ("GET", "/healthz")]
    with ThreadPoolExecutor(len(asks)) as pool:
        return list(pool.map(lambda ask: client.request(*ask, content=b"abc" if ask[0] == "POST" else None), asks))


def promise(client: httpx2.Client) -> str | None:
    answer = client.post("/v1/tasks", content=b"abc")
    return str(answer.json()["id"]) if answer.status_code == 202 else None


def stored(cluster: Cluster) -> set[str]:
    return {path.name for path in files(cluster.folder / "bucket")}


def rows(server: Postgres, url: str) -> set[str]:
    return {task_id for (task_id,) in server.sql("SELECT id FROM tasks", database=url.rsplit("/", 1)[1])}


@pytest.fixture
def waiting(own_postgres: Postgres, broker: Valkey, tmp_path: Path) -> Iterator[Cluster]:
    """A cluster started before its servers, and before its schema was created."""
    url = own_postgres.new_empty_database()
    own_postgres.kill()
    broker.kill()
    cluster = Cluster(tmp_path / "waiting", url, broker.url, sweep_s=1)
    try:
        cluster.start(migrate=False, ready_s=0)
        yield cluster
    finally:
        cluster.end()


def test_started_before_its_servers_it_waits_and_says_for_what(
    waiting: Cluster, own_postgres: Postgres, broker: Valkey, busy_s: float, figure: Callable[[str], None]
) -> None:
    def says(words: str) -> None:
        wait_for(lambda: words in waiting.stderr(), f"it to say {words!r}")

    def lines() -> int:
        return len(waiting.stderr().splitlines())

    wait_for(waiting.stderr_path.exists, "the first process")
    says("waiting for the database: the database is unavailable: ")
    before, began = lines(), time.monotonic()
    wait_for(lambda: waiting.readiness().get("database", "ok") != "ok", "the API to say so, too")
    stopping = time.monotonic()
    waiting.stop("worker-1")
    stopped_s = time.monotonic() - stopping
    assert stopped_s < AT_ONCE_S + busy_s

    time.sleep(max(0, began + WATCHED_S - time.monotonic()))
    own_postgres.start()
    says("waiting for the database: its schema is not that of this version; run `md5-service migrate`")
    said, said_s = lines() - before, time.monotonic() - began
    assert said / said_s <= MOST_LINES_A_S

    waiting.migrate()
    says("waiting for the broker: the broker is unavailable: ")
    waiting.again("worker-1")
    broker.start()
    wait_for(waiting.is_ready, "the API to be ready")
    assert waiting.ended(waiting.hand_over(b"abc"))["status"] == "done"
    starts = {name: member.starts for name, member in waiting.members.items()}
    assert starts == dict.fromkeys(starts, 1) | {"worker-1": 2}
    figure(f"{said} lines in {said_s:.1f} s; a worker that waits ends in {stopped_s:.2f} s")
