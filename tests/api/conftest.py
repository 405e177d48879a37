"""The API alone, on a real socket. There is no broker and no worker, so every task stays queued."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
import uvicorn
from sqlalchemy import select

from md5_service.api.app import create_app
from md5_service.api.http import deadline
from md5_service.api.http.protocol import Protocol
from md5_service.settings import Settings
from md5_task_data.database.engine import Database
from md5_task_data.log.shared_log import SharedLog
from md5_task_data.queue import leases
from md5_task_data.schema import metadata
from tests import keys
from tests.bucket import files
from tests.client import IN_TIME_S, TLS
from tests.databases import new_sqlite

PATIENT_S = 30  # most tests do not measure delays, and their machine may be busy


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
        """All files in the bucket, including incomplete ones."""
        return files(self.folder / "bucket")

    def hand_over(self, **query: str) -> str:
        """Upload three bytes, and return the id."""
        return str(self.client.post("/v1/tasks", params=query, content=b"abc").json()["id"])

    def finish(self, task_id: str) -> None:
        """Do a worker's work, with a pause in which the progress can be seen."""
        with closing(Database(self.settings.database_url)) as database:
            with database.transaction() as db:
                [claim] = leases.claim(db, [task_id], 30)
                leases.beat(db, claim, 2, 30)
            time.sleep(0.2)
            with database.transaction() as db:
                leases.finish(db, claim, {"md5": "0" * 32})

    def flush_log(self) -> None:
        with closing(Database(self.settings.database_url)) as database:
            SharedLog(database, self.settings.log_path).flush()

    def new_key(self, owner: str) -> tuple[str, dict[str, str]]:
        """The id of a new key, and the header with it."""
        key_id, key = keys.new_key(self.settings.database_url, owner)
        return key_id, {"Authorization": f"Bearer {key}"}

    def revoke(self, key_id: str) -> None:
        keys.revoke(self.settings.database_url, key_id)

    def rows(self) -> dict[str, Any]:
        """All rows, by table."""
        with closing(Database(self.settings.database_url)) as database, database.reading() as db:
            return {name: db.execute(select(table)).all() for name, table in metadata.tables.items()}

    def count(self) -> int:
        return len(self.client.get("/v1/tasks", params={"limit": 1000}).json()["items"])


@pytest.fixture
def start_api(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Api]]:
    """Start an API; keyword arguments are settings."""
    monkeypatch.setattr(deadline, "ANSWER_S", PATIENT_S)
    running: list[tuple[uvicorn.Server, threading.Thread, httpx2.Client]] = []

    def start(**given: Any) -> Api:
        (tmp_path / "bucket").mkdir()
        fields: dict[str, Any] = {
            "database_url": new_sqlite(tmp_path / "md5.sqlite3"),
            "broker_url": f"redis+socket://{tmp_path}/no-broker.sock?virtual_host=0",
            "bucket_url": f"file://{tmp_path}/bucket",
            "log_path": tmp_path / "tasks.log",
            "small_file_bytes": 0,  # all bytes are in the bucket, where tests look at them; test_small_files.py covers the others
        }
        settings = Settings(**(fields | given))
        listening = socket.create_server(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        config = uvicorn.Config(
            create_app(settings), http=Protocol, log_level="error", lifespan="on", timeout_keep_alive=PATIENT_S
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        client = httpx2.Client(base_url=url, timeout=IN_TIME_S, verify=TLS)
        running.append((server, thread, client))
        return Api(url, tmp_path, client, settings)

    yield start
    for server, thread, client in running:
        client.close()
        server.should_exit = True
        thread.join(IN_TIME_S)
        assert not thread.is_alive()


@pytest.fixture
def api(start_api: Callable[..., Api]) -> Api:
    return start_api()
