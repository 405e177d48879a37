"""A stopped API answers the clients that wait, then exits, both under uvicorn and under `md5-service up`."""

import os
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2
import pytest

from tests.client import BUSY_S, IN_TIME_S, TLS, wait_for
from tests.databases import new_sqlite

UVICORN = ["-m", "uvicorn", "md5_service.api.main:app", "--timeout-graceful-shutdown", "5", "--fd"]
SERVE = ["-m", "md5_service.api.serve"]


@pytest.mark.parametrize("command", [UVICORN, SERVE])
def test_an_api_that_stops_answers_those_who_wait(command: list[str], tmp_path: Path) -> None:
    (tmp_path / "bucket").mkdir()
    url = new_sqlite(tmp_path / "md5.sqlite3")
    environment = os.environ | {
        "MD5_DATABASE_URL": url,
        "MD5_BROKER_URL": f"redis+socket://{tmp_path}/none.sock?virtual_host=0",
        "MD5_BUCKET_URL": f"file://{tmp_path}/bucket",
        "MD5_LOG_PATH": f"{tmp_path}/tasks.log",
    }
    with socket.create_server(("127.0.0.1", 0)) as listening:
        given = listening.fileno()
        arguments = [*command, str(given)]
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        with subprocess.Popen([sys.executable, *arguments], env=environment, pass_fds=[given]) as api:
            try:
                task_id = httpx2.post(f"{address}/v1/tasks", content=b"abc", timeout=IN_TIME_S, verify=TLS).json()["id"]
                path = f"{address}/v1/tasks/{task_id}"
                with ThreadPoolExecutor() as clients:
                    poll = clients.submit(
                        httpx2.get, path, headers={"Prefer": "wait=60"}, timeout=IN_TIME_S, verify=TLS
                    )
                    with httpx2.stream("GET", f"{path}/events", timeout=IN_TIME_S, verify=TLS) as stream:
                        lines = stream.iter_lines()
                        assert next(lines) == "retry: 1000"
                        time.sleep(0.5)  # until the poll is waiting
                        asked_at = time.monotonic()
                        api.send_signal(signal.SIGTERM)
                        assert any(line.startswith("data:") for line in lines)  # and the stream ends cleanly
                    assert poll.result().json()["status"] == "queued"
                wait_for(lambda: api.poll() is not None, "the API to end")
                assert time.monotonic() - asked_at < 4 + BUSY_S  # the poll alone would have taken longer
            finally:
                api.kill()
