"""`md5_service.client`, against a running service."""

import asyncio
import hashlib
import inspect
import io
import json
import os
import subprocess
import sys
import threading
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import pytest

from md5_service import client
from md5_service.client import AsyncClient, Client, Task
from md5_service.client.upload import BLOCK
from tests.checkout import ROOT
from tests.client import IN_TIME_S, NOBODY, in_a_thread
from tests.service import Service


def run(coroutine: Coroutine[Any, Any, None]) -> None:
    in_a_thread(lambda: asyncio.run(coroutine))


def test_both_clients_have_the_same_calls() -> None:
    def calls(of: type) -> dict[str, list[str]]:
        public = inspect.getmembers(of, lambda member: inspect.isfunction(member))
        return {name: list(inspect.signature(call).parameters) for name, call in public if not name.startswith("_")}

    assert calls(Client) == calls(AsyncClient)
    assert set(calls(Client)) >= {"put", "get", "wait", "list", "cancel", "retry", "download", "manifest", "events"}


def test_a_task_has_the_fields_that_the_service_says() -> None:
    schemas = json.loads((ROOT / "frontend" / "openapi.json").read_text())["components"]["schemas"]
    assert set(Task.__annotations__) == set(schemas["Task"]["properties"])


@pytest.mark.parametrize(
    ("module", "loads"),
    [("md5_service.client", "httpx2"), ("md5_service.cli.main", "typer")],
    ids=["client", "command"],
)
def test_importing_it_loads_nothing_of_the_service(module: str, loads: str) -> None:
    """Only the declarations of the commands; each implementation is imported when it is called."""
    code = f"import sys, {module}; print(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=IN_TIME_S, check=True)
    loaded = set(ran.stdout.split())
    assert loads in loaded
    assert loaded.isdisjoint(
        {"fastapi", "celery", "sqlalchemy", "pydantic", "rich", "md5_task_data", "uvicorn", "psutil"}
    )


def test_every_call(service: Service, tmp_path: Path) -> None:
    told: list[tuple[int, int | None]] = []
    content = os.urandom(BLOCK + 1)
    (tmp_path / "é.bin").write_bytes(content)
    digest = hashlib.md5(content).hexdigest()
    with Client(service.url) as sync:
        task = sync.put(
            tmp_path / "é.bin", batch="sync", params={"expected_md5": digest}, on_progress=lambda *now: told.append(now)
        )
        assert told == [(BLOCK, BLOCK + 1), (BLOCK + 1, BLOCK + 1)]
        assert sync.wait(task["id"], 30)["result"] == {"md5": digest, "expected": digest, "match": True}
        assert [seen["status"] for seen in sync.events(task["id"])][-1] == "done"
        assert list(sync.events(task["id"], task["id"]))[-1] == sync.get(task["id"])
        sync.put(io.BytesIO(b"abc"), filename="abc", batch="sync", wait_s=20)
        assert [one["filename"] for one in sync.list(batch="sync")] == ["abc", "é.bin"]
        assert [one["filename"] for one in sync.list(name="BIN", batch="sync", limit=1)] == ["é.bin"]
        assert [one["filename"] for one in sync.list(verdict="match", created_after="2026-01-01", batch="sync")] == [
            "é.bin"
        ]
        assert list(sync.list(created_before="2026-01-01")) == []
        sync.download(task["id"], tmp_path / "again")
        assert (tmp_path / "again").read_bytes() == content
        sync.manifest(tmp_path / "MD5SUMS", batch="sync")
        assert (tmp_path / "MD5SUMS").read_text() == f"{digest}  é.bin\n{hashlib.md5(b'abc').hexdigest()}  abc\n"
        sync.export(tmp_path / "tasks.csv", batch="sync", verdict="match")
        header, row = (tmp_path / "tasks.csv").read_text("utf-8-sig").splitlines()
        assert (header[:3], row[:36]) == ("id,", task["id"])
        with pytest.raises(client.Conflict) as refused:
            sync.cancel(task["id"])
        assert (refused.value.status, refused.value.code) == (409, "conflict")
        with pytest.raises(client.NotFound):
            sync.download(NOBODY, tmp_path / "none")
        assert sorted(os.listdir(tmp_path)) == ["MD5SUMS", "again", "tasks.csv", "é.bin"]


def test_every_call_awaited(service: Service, tmp_path: Path) -> None:
    async def calls() -> None:
        async with AsyncClient(service.url) as client_:
            (tmp_path / "file").write_bytes(b"abc")
            task = await client_.put(tmp_path / "file", batch="async")
            assert [seen["status"] async for seen in client_.events(task["id"])][-1] == "done"
            assert (await client_.wait(task["id"], 30))["outcome"] == "done"
            assert await client_.get(task["id"]) == await anext(client_.list(batch="async"))
            kept, lines, table = io.BytesIO(), io.BytesIO(), io.BytesIO()
            await client_.download(task["id"], kept)
            await client_.manifest(lines, batch="async")
            await client_.export(table, batch="async")
            assert table.getvalue().count(task["id"].encode()) == 1
            assert (kept.getvalue(), lines.getvalue()[32:]) == (b"abc", b"  file\n")
            for refused in (client_.cancel(task["id"]), client_.retry(task["id"])):
                with pytest.raises(client.Conflict):
                    await refused

    run(calls())


def test_a_cancelled_file_is_tried_again(service: Service) -> None:
    with Client(service.url) as sync:
        with service.without_workers():
            task = sync.put(io.BytesIO(b"abc"))
            with pytest.raises(client.TimedOut) as over:
                sync.wait(task["id"], 0.2)
            assert over.value.task["status"] == "queued"
            assert sync.cancel(task["id"])["outcome"] == "cancelled"
        again = sync.retry(task["id"])
        assert again["retry_of"] == task["id"]
        assert sync.wait(again["id"], 30)["outcome"] == "done"


def test_the_bytes_of_what_has_ended_are_deleted(service: Service) -> None:
    async def of_async(task_id: str) -> None:
        async with AsyncClient(service.url) as asynchronous:
            await asynchronous.delete_results(task_id)

    with Client(service.url) as sync:
        for delete in (sync.delete_results, lambda task_id: run(of_async(task_id))):
            task = sync.put(io.BytesIO(b"abc"))
            [*_, last] = sync.events(task["id"])
            assert last["status"] == "done"
            delete(task["id"])
            assert sync.get(task["id"])["results_deleted_at"] is not None
            with pytest.raises(client.Gone):
                sync.download(task["id"], io.BytesIO())


def test_the_key_goes_with_every_request() -> None:
    with Client("http://service", key="secret") as sync:
        assert sync._http.headers["authorization"] == "Bearer secret"


def test_a_large_upload_takes_no_memory(service: Service, tmp_path: Path) -> None:
    size = 64 << 20
    with open(tmp_path / "large", "wb") as file:
        file.truncate(size)
    code = (
        "import resource, sys; from md5_service.client import Client; import hashlib\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "task = Client(sys.argv[1]).put(sys.argv[2])\n"
        "print(task['size'], resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code, service.url, str(tmp_path / "large")], capture_output=True, text=True, check=True
    )
    sent, grown_kib = map(int, ran.stdout.split())
    assert sent == size
    assert grown_kib < 20 << 10


def test_threads_may_share_a_client(service: Service) -> None:
    with Client(service.url) as sync:
        seen: list[str] = []
        threads = [
            threading.Thread(target=lambda: seen.append(sync.put(io.BytesIO(b"x"), wait_s=20)["id"])) for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(IN_TIME_S)
        assert len(set(seen)) == 8
