"""What tests that break things share: a cluster on servers of their own."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cluster import Cluster
from tests.servers.postgres import Postgres

StartCluster = Callable[..., Cluster]
# A broker of each make in the long form; else RabbitMQ alone: the storm of `tests/end_to_end` has Valkey.
long_form_brokers = pytest.mark.parametrize(
    "broker_server", [pytest.param("valkey", marks=pytest.mark.long), "rabbitmq"], indirect=True
)


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
