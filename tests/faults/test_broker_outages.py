"""The broker goes away in every way there is, while files come in: nobody who hands one over notices, and nothing is lost."""

import contextlib
import hashlib
import logging
import os
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx2
import pytest
from kombu import Connection, Message, Queue

from md5_service.broker import is_idle, make_celery, publish
from md5_service.settings import Settings
from md5_task_data import tasks
from md5_task_data.bucket.folder import Bucket
from md5_task_data.database.engine import Database
from md5_task_data.errors import DependencyAway
from md5_task_data.queue import hints
from tests.bucket import store
from tests.client import IN_TIME_S, wait_for
from tests.cluster import Cluster
from tests.faults.conftest import StartCluster, long_form_brokers
from tests.faults.journal import Journal
from tests.faults.oracle import KEPT, counts, unfinished
from tests.faults.outages import Outage, black_hole, half_open, refuse, restart, said, suspend
from tests.faults.proxy import Proxy
from tests.faults.schedule import SEED
from tests.servers.postgres import Postgres
from tests.servers.rabbitmq import RabbitMq
from tests.servers.valkey import Valkey

ANSWER_S = 2.0
TAKEN_S = 10
PROMISES, OVER_S = 12, 1.5  # handed over around each fault
Broker = Valkey | RabbitMq


@pytest.fixture
def rabbitmq(breakable_rabbitmq: RabbitMq) -> RabbitMq:
    return breakable_rabbitmq


@contextlib.contextmanager
def flush(broker: Broker, _: Proxy) -> Iterator[None]:
    broker.flush()
    yield


AWAY = (restart, refuse, black_hole, suspend)


@long_form_brokers
@pytest.mark.timeout(3600)
def test_broker_outages(
    postgres: Postgres,
    broker_server: Broker,
    start_cluster: StartCluster,
    is_long: bool,
    busy_s: float,
    figure: Callable[[str], None],
) -> None:
    times: dict[Outage, int] = (
        {restart: 20, flush: 10, half_open: 10, refuse: 5, black_hole: 5, suspend: 5}
        if is_long
        else {restart: 1, half_open: 1, black_hole: 1}
    )
    faults = [fault for fault, number in times.items() for _ in range(number)]
    random.Random(SEED).shuffle(faults)
    url = postgres.new_database()
    promises: dict[str, str] = {}
    slowest_s = 0.0
    consuming_s = {said(fault): 0.0 for fault in times}
    with Proxy(broker_server.port) as proxy, contextlib.ExitStack() as stack:
        # One of each, so that none hides that another does not come back.
        cluster = start_cluster(
            url, broker_server.url_at(proxy.port), workers=1, lease_s=3, sweep_s=1, log_level="error"
        )
        client = stack.enter_context(cluster.client())  # made before: that takes longer than it may distort
        for number, fault in enumerate(faults):
            journal = Journal(cluster.urls, PROMISES, SEED + number, clients=2, over_s=OVER_S)
            journal.start()
            time.sleep(OVER_S / 3)
            with fault(broker_server, proxy):
                if fault in AWAY:
                    slowest_s = max(slowest_s, goes_unnoticed(client, promises))
            began = time.monotonic()
            ids = [hinted(cluster, promises), unhinted(cluster, promises)]
            for task_id in ids:
                cluster.ended(task_id, began + IN_TIME_S - time.monotonic())
            name = said(fault)
            print(f"{number}. {name}: consuming again after {time.monotonic() - began:.1f} s")
            consuming_s[name] = max(consuming_s[name], time.monotonic() - began)
            journal.join(IN_TIME_S)
            assert (journal.refused, journal.unanswered) == (0, 0), f"{name}: {journal}"
            promises |= journal.promises
        wait_for(lambda: unfinished(url) == 0, "every promise to be kept")
        cluster.stop()
    found = counts(url, cluster.log_path, promises)
    tried = ", ".join(f"{number} {said(fault)}" for fault, number in times.items())
    after = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in consuming_s.items())
    figure(
        f"seed {SEED}; {tried}; {len(promises)} promises, none refused; slowest answer of an API without broker "
        f"{slowest_s:.2f} s; consuming again at the latest after: {after}; {found}"
    )
    assert slowest_s < ANSWER_S + busy_s
    assert max(consuming_s.values()) <= IN_TIME_S
    assert found == KEPT
    assert "DUMP" not in cluster.stderr()


def goes_unnoticed(client: httpx2.Client, promises: dict[str, str]) -> float:
    """Whoever hands a file over gets its id in time, and whoever asks what is wrong the broker's name; returns how long the
    slower answer took."""
    content = os.urandom(100)
    upload = client.post("/v1/tasks", content=content)
    assert upload.status_code == 202, upload.text
    promises[upload.json()["id"]] = hashlib.md5(content).hexdigest()
    ready = client.get("/readyz")
    checks = ready.json()["checks"]
    assert (ready.status_code, [name for name in checks if checks[name] != "ok"]) == (503, ["broker"]), checks
    return max(answer.elapsed.total_seconds() for answer in (upload, ready))


def hinted(cluster: Cluster, promises: dict[str, str]) -> str:
    """Handed over as everybody does."""
    content = os.urandom(100)
    task_id = cluster.hand_over(content)
    promises[task_id] = hashlib.md5(content).hexdigest()
    return task_id


def unhinted(cluster: Cluster, promises: dict[str, str]) -> str:
    """As an API leaves it that is killed right after its COMMIT: beat and the sweeper alone can bring it to a worker."""
    content = os.urandom(100)
    task_id = store(Bucket(f"file://{cluster.folder}/bucket"), content=content)
    database = Database(cluster.database_url)
    with database.transaction() as db:
        tasks.create(db, tasks.NewTask(task_id, "local", "md5", "reads.fastq", len(content)))
    database.close()
    promises[task_id] = hashlib.md5(content).hexdigest()
    return task_id


def test_a_hint_whose_ack_is_lost_costs_the_worker_no_place(broker_server: Broker) -> None:
    """Else each that was on its way when the broker hung would leave the worker with one place less, and `upkeep`, which has
    but one, would wait for ever."""
    with receiving(broker_server, "first", "second") as (connection, got):
        connection.drain_events(timeout=TAKEN_S)
        broker_server.suspend()
        got[0].ack_log_error(logging.getLogger(), connection.connection_errors)
        broker_server.resume()
        connection.drain_events(timeout=TAKEN_S)
        got[1].ack()
    assert [message.payload[0] for message in got] == [[["first"]], [["second"]]]


def test_a_hint_that_was_fetched_and_not_begun_leaves_nothing_behind(
    broker_server: Broker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the worker lets go of a broker that is away: no dump of it in the folder for temporary files."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with receiving(broker_server, "first") as (connection, got):
        connection.drain_events(timeout=TAKEN_S)
        assert len(got) == 1
        broker_server.suspend()
    assert list(tmp_path.iterdir()) == []


@contextlib.contextmanager
def receiving(broker: Broker, *task_ids: str) -> Iterator[tuple[Connection, list[Message]]]:
    """Send hints, and be a worker that has one place."""
    nothing = {"database_url": "sqlite:////nowhere", "bucket_url": "file:///", "log_path": Path(os.devnull)}
    app = make_celery(Settings.model_validate({"broker_url": broker.url} | nothing))
    publish(app, [hints.Message([task_id]) for task_id in task_ids])
    got: list[Message] = []
    with app.connection_for_read() as connection:
        consumer = connection.Consumer([Queue(hints.WORK)], on_message=got.append)
        consumer.qos(prefetch_count=1)
        consumer.consume()
        yield connection, got


@pytest.mark.parametrize("of_url", ["guest:wrong@", "nobody:guest@", "guest:guest@127.0.0.1:{port}/nosuch"])
def test_a_broker_that_does_not_let_us_in_is_away(rabbitmq: RabbitMq, tmp_path: Path, of_url: str) -> None:
    user, _, rest = of_url.format(port=rabbitmq.port).partition("@")
    settings = Settings(
        database_url="sqlite:////nowhere",
        broker_url=f"amqp://{user}@{rest or f'127.0.0.1:{rabbitmq.port}//'}",
        bucket_url=f"file://{tmp_path}",
        log_path=tmp_path / "tasks.log",
    )
    app = make_celery(settings)
    for step in (
        lambda: is_idle(app),
        lambda: publish(app, [hints.Message(["01a201f5-3560-7681-96d2-5d5d82951648"])]),
    ):
        with pytest.raises(DependencyAway, match="the broker is unavailable"):
            step()
