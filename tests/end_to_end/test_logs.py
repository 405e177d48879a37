"""The log messages of processes that run separately are JSON and carry the id of the task; before they exit, the processes send
their traces."""

import json
from pathlib import Path

import pytest

from tests.cluster import Cluster, running
from tests.collector import WAY, Collector
from tests.servers.valkey import Valkey


def test_every_line_is_an_object_a_task_is_found_by_its_id_and_no_trace_is_lost_at_the_end(
    tmp_path: Path, valkey: Valkey, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite:///{tmp_path}/md5.sqlite3"
    with Collector() as collector:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint)
        monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "600000")  # only the exit sends them
        cluster, ids = _after_three_files(Cluster(tmp_path, url, valkey.url, workers=1, log_level="info"))
    lines = [json.loads(line) for line in cluster.stderr().splitlines()]
    assert {line["process"] for line in lines} >= {"MainProcess", "ForkPoolWorker-1"}
    for task_id in ids:
        taken, done = [line for line in lines if line.get("task_id") == task_id]
        assert (taken["message"], done["message"]) == ("accepted, 1 bytes", "done, at attempt 1")
        assert taken["request_id"]  # links the task to the request that created it
    posts = [line for line in lines if line["message"].startswith("POST /v1/tasks: 202 in ")]
    assert len({line["request_id"] for line in posts}) == 3
    assert [[span.name for span in collector.trace_of(task_id)] for task_id in ids] == [WAY] * 3


def _after_three_files(cluster: Cluster) -> tuple[Cluster, list[str]]:
    with running(cluster):
        ids = [cluster.hand_over(b"%d" % number) for number in range(3)]
        for task_id in ids:
            cluster.ended(task_id)
        cluster.stop()
    return cluster, ids
