"""An API that is stopped does not wait for those who wait at it: as README's `uvicorn`, and as `md5-service up` starts it."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx2
import pytest

from md5_task_data import migrations
from md5_task_data.database import Database
from tests.client import TLS, wait_for

UVICORN = ["-m", "uvicorn", "md5_service.api.main:app", "--timeout-graceful-shutdown", "5", "--fd"]
SERVE = ["-m", "md5_service.api.serve"]


@pytest.mark.parametrize("command", [UVICORN, SERVE])
def test_an_api_stops_in_time_though_clients_wait(command: list[str], tmp_path: Path) -> None:
    (tmp_path / "bucket").mkdir()
    url = f"sqlite:///{tmp_path}/md5.sqlite3"
    database = Database(url)
    migrations.upgrade(database)
    database.close()
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
                task_id = httpx2.post(f"{address}/v1/tasks", content=b"abc", timeout=30, verify=TLS).json()["id"]
                with httpx2.stream("GET", f"{address}/v1/tasks/{task_id}/events", timeout=30, verify=TLS) as stream:
                    assert next(stream.iter_lines()) == "retry: 1000"
                    asked_at = time.monotonic()
                    api.send_signal(signal.SIGTERM)
                    wait_for(lambda: api.poll() is not None, 15, "the API to end")
                assert time.monotonic() - asked_at < 10
            finally:
                api.kill()
