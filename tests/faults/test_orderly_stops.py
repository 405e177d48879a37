"""Workers are asked to stop, whatever they are doing: each ends, and soon."""

import hashlib
import signal
import threading
import time
from pathlib import Path

import pytest
import uuid_utils

from md5_service import broker
from md5_task_data.queue.hints import Message
from tests.client import wait_for
from tests.cluster import Cluster, running
from tests.faults.conftest import StartCluster
from tests.servers.postgres import Postgres
from tests.servers.rabbitmq import RabbitMq
from tests.servers.valkey import Valkey

WORKERS = 6


@pytest.mark.parametrize("broker_server", ["valkey", pytest.param("rabbitmq", marks=pytest.mark.long)], indirect=True)
def test_workers_stop_in_time_wherever_they_are_asked(
    postgres: Postgres, broker_server: Valkey | RabbitMq, start_cluster: StartCluster, is_long: bool
) -> None:
    cluster = start_cluster(postgres.new_database(), broker_server.url, workers=WORKERS, children=2, log_level="error")
    workers = [cluster.members[f"worker-{number}"] for number in range(WORKERS)]
    closing = threading.Event()

    def keep_busy() -> None:
        app = cluster.celery()
        while not closing.is_set():
            broker.publish(app, [Message([str(uuid_utils.uuid7())])])  # finds no task: over at once
            time.sleep(0.003)

    stream = threading.Thread(target=keep_busy)
    stream.start()
    try:
        for _ in range(8 if is_long else 1):
            cluster.again()
            wait_for(lambda: all(len(worker.tree()) == 3 for worker in workers), "all children")
            time.sleep(2)
            cluster.stop(*(worker.name for worker in workers))
            assert [worker.process and worker.process.returncode for worker in workers] == [0] * WORKERS
    finally:
        closing.set()
        stream.join()


def test_a_child_that_cannot_stop_is_killed_and_its_task_done_by_another(
    postgres: Postgres, valkey: Valkey, tmp_path: Path
) -> None:
    failpoints = tmp_path / "failpoints"
    failpoints.mkdir()
    (failpoints / "work.done").write_text("pause 60")
    url = postgres.new_database()
    with running(Cluster(tmp_path, url, valkey.url, workers=1, lease_s=2, sweep_s=1, failpoints=failpoints)) as cluster:
        task_id = cluster.hand_over(b"abc")
        wait_for((failpoints / "work.done.reached").exists, "the work to fall asleep")
        for child in cluster.members["worker-0"].tree()[1:]:
            child.send_signal(signal.SIGSTOP)
        cluster.stop("worker-0")
        cluster.again()
        assert cluster.ended(task_id, 60)["result"] == {"md5": hashlib.md5(b"abc").hexdigest()}
