"""Many clients that wait at one API process: how soon each sees a change, and what they cost."""

import asyncio
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import psutil
import uuid_utils
from sqlalchemy import update

from md5_task_data import migrations, schema, sql, tasks
from md5_task_data.database import Database
from tests.client import wait_for
from tests.servers.server import free_port

POLLS, STREAMS = 500, 500
GROUPS = 50  # changes, one after the other
PAUSE_S = 0.1


def measure(folder: Path) -> list[tuple[str, str]]:
    (folder / "bucket").mkdir()
    url, port = f"sqlite:///{folder}/md5.sqlite3", free_port()
    database = Database(url)
    migrations.upgrade(database)
    ids = [str(uuid_utils.uuid7()) for _ in range(POLLS + STREAMS)]
    with database.transaction() as db:
        for task_id in ids:
            tasks.create(db, tasks.NewTask(task_id, "local", "md5", "reads.fastq", 3))
    environment = {
        "MD5_DATABASE_URL": url,
        "MD5_BROKER_URL": f"redis+socket://{folder}/none.sock?virtual_host=0",
        "MD5_BUCKET_URL": f"file://{folder}/bucket",
        "MD5_LOG_PATH": f"{folder}/tasks.log",
    }
    uvicorn = [sys.executable, "-m", "uvicorn", "md5_service.api.main:app", "--port", str(port), "--log-level", "error"]
    with subprocess.Popen(uvicorn, env=environment) as api:
        process = psutil.Process(api.pid)
        wait_for(
            lambda: [each for each in process.net_connections() if each.status == "LISTEN"],
            "the API to listen",
            within_s=30,
        )
        try:
            delays_s, cpu = asyncio.run(_all_wait(port, ids, database, process))
            resident = process.memory_info().rss
        finally:
            api.kill()
    delays_s.sort()
    return [
        (f"{POLLS} long polls and {STREAMS} streams, each on a task of its own: seen", f"{len(delays_s)} changes"),
        ("a change seen: median", f"{statistics.median(delays_s) * 1000:.0f} ms"),
        ("a change seen: 95 of 100 within", f"{delays_s[int(len(delays_s) * 0.95)] * 1000:.0f} ms"),
        ("the API's CPU while all wait", f"{cpu:.0f} % of a core"),
        ("the API's resident size", f"{resident >> 20} MiB"),
    ]


async def _all_wait(
    port: int, ids: Sequence[str], database: Database, process: psutil.Process
) -> tuple[list[float], float]:
    changed_at: dict[str, float] = {}
    waiting = asyncio.Semaphore(0)

    async def client(task_id: str, is_stream: bool) -> float:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        path = f"/v1/tasks/{task_id}" + ("/events" if is_stream else "")
        writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nPrefer: wait=60\r\nConnection: close\r\n\r\n".encode())
        if is_stream:
            await reader.readuntil(b'"queued"')
        waiting.release()
        await reader.readuntil(b'"status":"cancelled"')
        seen_at = time.perf_counter()
        writer.close()
        return seen_at - changed_at[task_id]

    clients = []
    for number, task_id in enumerate(ids):
        clients.append(asyncio.create_task(client(task_id, number >= POLLS)))
        await waiting.acquire()
    await asyncio.sleep(2)
    process.cpu_percent()
    await asyncio.sleep(3)
    cpu = process.cpu_percent()
    for start in range(GROUPS):
        group = ids[start::GROUPS]
        await asyncio.to_thread(_end, database, group)
        changed_at |= dict.fromkeys(group, time.perf_counter())
        await asyncio.sleep(PAUSE_S)
    return list(await asyncio.gather(*clients)), cpu


def _end(database: Database, ids: Sequence[str]) -> None:
    with database.transaction() as db:
        ended = update(schema.tasks).where(schema.tasks.c.id.in_(ids))
        db.execute(ended.values(status="cancelled", outcome="cancelled", finished_at=sql.now(), due_at=None))
