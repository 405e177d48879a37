"""What the processes of README's "On several hosts" say: JSON only, and found by the id of the task."""

import json
from pathlib import Path

from tests.cluster import Cluster, running
from tests.servers.valkey import Valkey


def test_every_line_is_an_object_and_a_task_is_found_by_its_id(tmp_path: Path, valkey: Valkey) -> None:
    url = f"sqlite:///{tmp_path}/md5.sqlite3"
    with running(Cluster(tmp_path, url, valkey.url, workers=1, log_level="info")) as cluster:
        ids = [cluster.hand_over(b"%d" % number) for number in range(3)]
        for task_id in ids:
            cluster.ended(task_id)
        cluster.stop()
    lines = [json.loads(line) for line in cluster.stderr().splitlines()]
    assert {line["process"] for line in lines} >= {"MainProcess", "ForkPoolWorker-1"}
    for task_id in ids:
        assert [line["message"] for line in lines if line.get("task_id") == task_id] == ["done, at attempt 1"]
    posts = [line for line in lines if line["message"].startswith("POST /v1/tasks: 202 in ")]
    assert len({line["request_id"] for line in posts}) == 3
