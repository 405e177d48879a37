"""The API is killed during an upload: its leftovers are removed, and its Idempotency-Key is released."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx2
import pytest
from sqlalchemy import update

from md5_service.api.upload import sink
from md5_service.settings import Settings
from md5_task_data.bucket.folder import Bucket
from md5_task_data.database.engine import Database
from md5_task_data.idempotency import HOLD_S
from md5_task_data.schema import SECOND, idempotency_keys
from md5_task_data.upkeep.orphans import Orphans
from tests.api.answers import assert_problem
from tests.api.conftest import Api
from tests.client import IN_TIME_S, TLS, wait_for

KEY = {"Idempotency-Key": "k"}


def environment(settings: Settings, failpoints: Path) -> dict[str, str]:
    names = ("database_url", "broker_url", "bucket_url", "log_path", "small_file_bytes")
    ours = {f"MD5_{name.upper()}": str(getattr(settings, name)) for name in names}
    return os.environ | ours | {"MD5_FAILPOINTS": str(failpoints)}


def test_what_a_killed_api_leaves_behind_goes(api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Meanwhile another API process works on the same database and bucket."""
    (tmp_path / "intake.stored").write_text("crash")
    listening = socket.create_server(("127.0.0.1", 0))
    command = [sys.executable, "-m", "uvicorn", "md5_service.api.main:app", "--fd", str(listening.fileno())]
    killed = subprocess.Popen(command, env=environment(api.settings, tmp_path), pass_fds=[listening.fileno()])
    url = f"http://127.0.0.1:{listening.getsockname()[1]}/v1/tasks"
    listening.close()
    with socket.create_connection(("127.0.0.1", httpx2.URL(url).port), timeout=IN_TIME_S) as half:
        half.sendall(
            b"POST /v1/tasks HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9000000\r\n\r\n" + b"y" * 2_000_000
        )
        wait_for(lambda: [path for path in api.stored() if path.stat().st_size], "the first bytes to be stored")
        with pytest.raises(httpx2.TransportError):
            httpx2.post(url, content=b"abc", headers=KEY, timeout=IN_TIME_S, verify=TLS)
        assert killed.wait(IN_TIME_S) == -9
    assert (api.count(), len(api.stored())) == (0, 2)

    assert_problem(api.client.post("/v1/tasks", content=b"abc", headers=KEY), 409, "idempotency_key_in_use")
    with Database(api.settings.database_url).transaction() as db:
        db.execute(update(idempotency_keys).values(expires_at=idempotency_keys.c.expires_at - HOLD_S * SECOND))
    taken = api.client.post("/v1/tasks", content=b"abc", headers=KEY)
    assert (taken.status_code, "idempotent-replayed" in taken.headers) == (202, False)

    sweeper = Orphans(Database(api.settings.database_url), Bucket(api.settings.bucket_url), api.settings.log_path)
    assert sweeper.delete_some() == 0
    sweeper = Orphans(Database(api.settings.database_url), Bucket(api.settings.bucket_url), api.settings.log_path)
    assert sweeper.delete_some(safe_age_s=-60) == 2
    assert [path.name for path in api.stored()] == [taken.json()["id"]]


def test_however_slow_an_upload_is_its_file_is_touched(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that the sweeper can tell it from an abandoned upload."""
    monkeypatch.setattr(sink, "LONGEST_HELD_S", 0.2)
    with socket.create_connection(("127.0.0.1", api.port), timeout=10) as connection:
        connection.sendall(b"POST /v1/tasks HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n")
        sizes = set()
        for _ in range(10):
            connection.sendall(b"x")
            time.sleep(0.1)
            sizes |= {path.stat().st_size for path in api.stored()}
    assert len(sizes - {0}) >= 2
