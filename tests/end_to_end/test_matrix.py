"""The service on every database with every broker, as separate processes that share only these and two folders."""

import hashlib
import itertools
from collections.abc import Callable
from pathlib import Path

import pytest

from md5_service import broker
from md5_task_data.database.engine import Database
from md5_task_data.log import verify
from md5_task_data.queue.hints import Message
from tests.cluster import Cluster, running
from tests.faults.oracle import KEPT, counts
from tests.servers.rabbitmq import RabbitMq
from tests.servers.valkey import Valkey

FILES = 24
PAIRS = list(itertools.product(("sqlite", "postgresql", "mariadb"), ("valkey", "rabbitmq")))
IN_SHORT = (("postgresql", "rabbitmq"), ("mariadb", "valkey"))  # every test of the embedded service uses SQLite


@pytest.mark.parametrize(
    ("database_url", "broker_server"),
    [pair if pair in IN_SHORT else pytest.param(*pair, marks=pytest.mark.long) for pair in PAIRS],
    indirect=True,
)
def test_files_come_in_through_several_apis_and_are_done_by_several_workers(
    database_url: str, broker_server: Valkey | RabbitMq, tmp_path: Path, figure: Callable[[str], None]
) -> None:
    contents = [b"%d" % number * number for number in range(FILES)]
    with running(Cluster(tmp_path, database_url, broker_server.url, apis=2, workers=2)) as cluster:
        journal = {}
        for number, content in enumerate(contents):
            cluster.url = cluster.urls[number % 2]
            journal[cluster.hand_over(content)] = hashlib.md5(content).hexdigest()
        hints = [Message([task_id]) for task_id in journal for _ in range(5)]  # each still does its work only once
        broker.publish(cluster.celery(), hints)
        for task_id, digest in journal.items():
            task = cluster.ended(task_id)
            assert (task["outcome"], task["result"], task["attempt"]) == ("done", {"md5": digest}, 1)
        _look_at_the_rest_of_the_contract(cluster)
        cluster.stop()
    found = counts(database_url, cluster.log_path, journal)
    figure(f"{FILES} files, the message of each five times more: each at its first attempt; {found}")
    assert found == KEPT
    assert verify.verify(cluster.log_path, Database(database_url)) == (FILES + 2, None)


def _look_at_the_rest_of_the_contract(cluster: Cluster) -> None:
    """A verdict, a cancel, a list in pages, an ETag."""
    mismatch = cluster.hand_over(b"abc", batch="b", expected_md5="0" * 32)
    assert cluster.ended(mismatch)["result"]["match"] is False
    cluster.stop("worker-0", "worker-1")
    waiting = cluster.hand_over(b"abc", batch="b")
    with cluster.client() as client:
        assert client.delete(f"/v1/tasks/{waiting}").json()["outcome"] == "cancelled"
        assert client.delete(f"/v1/tasks/{waiting}").status_code == 409
        first = client.get("/v1/tasks", params={"batch": "b", "limit": 1}).json()
        second = client.get("/v1/tasks", params={"batch": "b", "limit": 1, "cursor": first["next"]}).json()
        assert [task["id"] for page in (first, second) for task in page["items"]] == [waiting, mismatch]
        assert second["next"] is None
        assert cluster.ended(waiting)["status"] == "cancelled"  # the upkeep worker writes its log line
        asked = client.get(f"/v1/tasks/{waiting}")
        assert client.get(asked.url, headers={"If-None-Match": asked.headers["ETag"]}).status_code == 304
