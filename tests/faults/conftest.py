"""What tests that break things share: a cluster on servers of their own."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cluster import Cluster
from tests.servers.postgres import Postgres
from tests.servers.rabbitmq import RabbitMq
from tests.servers.valkey import Valkey

StartCluster = Callable[..., Cluster]


@pytest.fixture
def long_form_broker(broker_server: Valkey | RabbitMq, is_long: bool) -> Valkey | RabbitMq:
    """A broker of each make, in the long form; else RabbitMQ alone: the storm of `tests/end_to_end` has Valkey."""
    if not is_long and isinstance(broker_server, Valkey):
        pytest.skip("`make faults` runs it")
    return broker_server


@pytest.fixture
def own_postgres(tmp_path: Path) -> Iterator[Postgres]:
    """A server that the test may break, with fsync as in earnest."""
    with Postgres(tmp_path / "postgres", fsync=True) as server:
        yield server


@pytest.fixture
def start_cluster(tmp_path: Path) -> Iterator[StartCluster]:
    """Start separate processes on a database and a broker; keyword arguments are those of Cluster, settings among them."""
    clusters: list[Cluster] = []

    def start(database_url: str, broker_url: str, **given: Any) -> Cluster:
        cluster = Cluster(tmp_path / f"cluster-{len(clusters)}", database_url, broker_url, **given)
        clusters.append(cluster)
        cluster.start()
        return cluster

    yield start
    for cluster in clusters:
        cluster.end()
