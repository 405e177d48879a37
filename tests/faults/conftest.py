"""Shared by the tests that break things: a cluster on servers of its own, a place to back up, a proxy."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import uuid_utils

from md5_task_data import tasks
from md5_task_data.database.engine import Database
from tests.cluster import Cluster
from tests.data.place import Place, fill
from tests.databases import new_sqlite
from tests.faults.echo import Echo
from tests.faults.proxy import Proxy
from tests.servers.postgres import Postgres

StartCluster = Callable[..., Cluster]
MANY = 600  # files in a place that is backed up
# Every broker in the long form; otherwise only RabbitMQ, because the storm of `tests/end_to_end` has Valkey.
long_form_brokers = pytest.mark.parametrize(
    "broker_server", [pytest.param("valkey", marks=pytest.mark.long), "rabbitmq"], indirect=True
)


@pytest.fixture
def own_postgres(tmp_path: Path) -> Iterator[Postgres]:
    """A server that the test may break, with fsync on, as in production."""
    with Postgres(tmp_path / "postgres", fsync=True) as server:
        yield server


@pytest.fixture
def start_cluster(tmp_path: Path) -> Iterator[StartCluster]:
    """Start separate processes on a database and a broker; keyword arguments are those of Cluster, including settings."""
    clusters: list[Cluster] = []

    def start(database_url: str, broker_url: str, **given: Any) -> Cluster:
        cluster = Cluster(tmp_path / f"cluster-{len(clusters)}", database_url, broker_url, **given)
        clusters.append(cluster)
        cluster.start()
        return cluster

    yield start
    for cluster in clusters:
        cluster.end()


@pytest.fixture
def full(tmp_path: Path) -> Iterator[Place]:
    """Enough rows and stored files that a backup or restore takes a while."""
    database = Database(new_sqlite(tmp_path / "md5.sqlite3"))
    place = Place(tmp_path / "full", database)
    place.make()
    first = fill(place).queued()
    ids = [str(uuid_utils.uuid7()) for _ in range(MANY)]
    with database.transaction() as db:
        tasks.create_all(db, [(tasks.NewTask(task_id, "local", "md5", f"{task_id}.bam", 3), None) for task_id in ids])
    for task_id in ids:
        place.bucket.share(first, task_id)
    assert place.found() == []
    yield place
    database.close()


@pytest.fixture
def echo() -> Iterator[Echo]:
    with Echo() as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def proxy(echo: Echo) -> Iterator[Proxy]:
    """A proxy before `echo`."""
    with Proxy(echo.server_address[1]) as proxy:
        yield proxy
