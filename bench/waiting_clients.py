"""Many clients waiting at one API process: how soon each sees a change, and what they cost."""

import asyncio
import statistics
import time
from collections.abc import Sequence
from pathlib import Path

import psutil
import uuid_utils
from sqlalchemy import update

from bench.lone_api import lone_api, new_database
from md5_task_data import schema, sql, tasks
from md5_task_data.database.engine import Database

POLLS, STREAMS = 500, 500
GROUPS = 50  # changes, one after the other
PAUSE_S = 0.1


def measure(folder: Path) -> list[tuple[str, str]]:
    database = new_database(folder)
    ids = [str(uuid_utils.uuid7()) for _ in range(POLLS + STREAMS)]
    with database.transaction() as db:
        for task_id in ids:
            tasks.create(db, tasks.NewTask(task_id, "local", "md5", "reads.fastq", 3))
    with lone_api(folder) as (port, process):
        delays_s, cpu = asyncio.run(_all_wait(port, ids, database, process))
        resident = process.memory_info().rss
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
