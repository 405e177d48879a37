"""Foreign data in the queue costs one log line, and no worker, no memory, and no file that waits behind it."""

import json
import uuid
import zlib
from pathlib import Path
from typing import Any

import pytest

from md5_service.broker import WORK_MESSAGE
from md5_task_data.queue.hints import MOST_TOGETHER, WORK
from tests.client import wait_for
from tests.cluster import Cluster, running
from tests.servers.rabbitmq import RabbitMq
from tests.servers.valkey import Valkey

IDS = [str(uuid.uuid4())]
REST = dict.fromkeys(("callbacks", "errbacks", "chain", "chord"))
# For Valkey, where a message itself is JSON: messages that are not JSON, and messages without the required fields.
NO_MESSAGES = (
    *(b"garbage", b"\xff\xfe", b"[]", b"5", b"null", b"{}", b"[" * 100_000),
    b'{"body": "e30=", "headers": {}, "properties": 5}',
    b'{"body": 5, "headers": {}, "properties": {"body_encoding": "base64", "delivery_tag": "1"}}',
)
NO_IDS: tuple[Any, ...] = None, 7, IDS[0], {"a": 1}, [1, None, {}], ["\ud800", "\0"], ["x"]
# Bodies: not JSON; JSON of another shape; other arguments; no ids, too many, or more than a message may contain.
BODIES: tuple[Any, ...] = (
    *(b"{{{{", b"[" * 60_000, b"\xff"),
    *(None, 5, "abc", {"a": 1}, [1], [[IDS], {}, None], [{"a": 1}, {}, REST]),
    *([[], {}, REST], [[IDS, 1], {}, REST], [[IDS], {"nonsense": 1}, REST]),
    [[IDS], {}, REST | {"callbacks": [{"task": "x"}]}],
    *([[ids], {}, REST] for ids in NO_IDS),
    *([[IDS * number], {}, REST] for number in (MOST_TOGETHER + 1, 100_000)),
)
HEADERS: tuple[dict[str, Any], ...] = (
    *({}, {"task": WORK_MESSAGE}, {"task": "os.system"}, {"task": 5}, {"task": ["a"]}),
    *({"eta": "nonsense"}, {"expires": "nonsense"}, {"id": [1]}, {"compression": "rot13"}),
)
TIME_LIMITS = 5, [0.001, None], ["a", {}]  # count for nothing


@pytest.mark.parametrize("broker_server", ["valkey", pytest.param("rabbitmq", marks=pytest.mark.long)], indirect=True)
def test_garbage_costs_a_line_and_nobody_else(broker_server: Valkey | RabbitMq, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/cluster/md5.sqlite3"
    with running(Cluster(tmp_path / "cluster", url, broker_server.url, workers=1, sweep_s=600)) as cluster:
        worker = cluster.members["worker-0"]
        cluster.ended(cluster.hand_over(b"abc"))
        before = {process.pid for process in worker.tree()}
        sent = send_garbage(cluster, broker_server)
        task_id = cluster.hand_over(b"abc")  # queued behind all of it
        assert cluster.ended(task_id)["outcome"] == "done"
        wait_for(lambda: len(lines(cluster)) >= sent, "a line about each")
        assert len(lines(cluster)) == sent
        assert "it is compressed" in cluster.stderr()
        assert ({process.pid for process in worker.tree()}, worker.starts) == (before, 1)


def send_garbage(cluster: Cluster, broker: Valkey | RabbitMq) -> int:
    """Returns how many of the messages cause a log line."""
    sent = 0
    good = json.dumps([[IDS], {}, REST]).encode()

    def send(body: bytes, headers: dict[str, Any], **about: Any) -> None:
        nonlocal sent
        sent += 1
        about = {"content_type": "application/json", "content_encoding": "utf-8"} | about
        producer.publish(body, routing_key=WORK, headers=headers, **about)

    if isinstance(broker, Valkey):
        with broker.client() as client:
            for each in NO_MESSAGES:
                client.lpush(WORK, each)
                sent += 1
    ours = {"lang": "py", "task": WORK_MESSAGE, "id": "x", "root_id": "x", "ignore_result": True}
    with cluster.celery().producer_pool.acquire() as producer:
        for body in BODIES:
            send(body if isinstance(body, bytes) else json.dumps(body).encode(), ours)
        for headers in HEADERS:
            send(good, headers if len(headers) < 2 and headers.keys() <= {"task"} else ours | headers)
        for kind in ("application/x-python-serialize", "application/x-yaml", "text/plain"):
            send(good, ours, content_type=kind)
        send(zlib.compress(b"[" + b" " * (8 << 20)), ours | {"compression": "zlib"})
        told = sent
        for limit in TIME_LIMITS:
            send(good, ours | {"timelimit": limit})
    return told


def lines(cluster: Cluster) -> list[str]:
    """The worker's log lines about messages."""
    about = [json.loads(line) for line in cluster.stderr().splitlines()]
    return [line["message"] for line in about if line["name"].startswith(("celery.", "md5_service.worker"))]
