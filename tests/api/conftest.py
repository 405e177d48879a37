"""The API alone, on a real socket: no broker and no worker, so that every task stays as it was taken."""

import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
import uvicorn

from md5_service.api.app import create_app
from md5_service.api.wire import Protocol
from md5_service.settings import Settings
from md5_task_data import migrations
from md5_task_data.database import Database
from tests.client import TLS


@dataclass
class Api:
    """A listening API, its folder, and a client of it."""

    url: str
    folder: Path
    client: httpx2.Client
    settings: Settings

    @property
    def port(self) -> int:
        return int(self.url.rsplit(":", 1)[1])

    def stored(self) -> list[Path]:
        """Every file in the bucket, half-received ones too."""
        return [path for path in (self.folder / "bucket").rglob("*") if path.is_file()]

    def count(self) -> int:
        return len(self.client.get("/v1/tasks", params={"limit": 1000}).json()["items"])


@pytest.fixture
def start_api(tmp_path: Path) -> Iterator[Callable[..., Api]]:
    """Start an API; keyword arguments are settings."""
    running: list[tuple[uvicorn.Server, threading.Thread, httpx2.Client]] = []

    def start(**given: Any) -> Api:
        (tmp_path / "bucket").mkdir()
        fields: dict[str, Any] = {
            "database_url": f"sqlite:///{tmp_path}/md5.sqlite3",
            "broker_url": f"redis+socket://{tmp_path}/no-broker.sock?virtual_host=0",
            "bucket_url": f"file://{tmp_path}/bucket",
            "log_path": tmp_path / "tasks.log",
            "small_file_bytes": 0,  # all bytes are in the bucket, to be looked at there; but see test_small_files.py
        }
        settings = Settings(**(fields | given))
        database = Database(settings.database_url)
        migrations.upgrade(database)
        database.close()
        listening = socket.create_server(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        server = uvicorn.Server(uvicorn.Config(create_app(settings), http=Protocol, log_level="error", lifespan="on"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        client = httpx2.Client(base_url=url, timeout=30, verify=TLS)
        running.append((server, thread, client))
        return Api(url, tmp_path, client, settings)

    yield start
    for server, thread, client in running:
        client.close()
        server.should_exit = True
        thread.join(20)
        assert not thread.is_alive()


@pytest.fixture
def api(start_api: Callable[..., Api]) -> Api:
    return start_api()
