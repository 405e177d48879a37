"""Many small files: tasks created per second, and the time for a single one."""

import os
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2

from tests.service import Service

SIZE = 4096
CLIENTS = 8
FILES = 2000
LONE = 100


def measure(folder: Path) -> list[tuple[str, str]]:
    service = Service(folder / "service", {})
    service.start()
    content = os.urandom(SIZE)

    def some(count: int) -> list[str]:
        with httpx2.Client(base_url=service.url, timeout=60) as client:
            return [client.post("/v1/tasks", content=content).json()["id"] for _ in range(count)]

    lone = []
    with httpx2.Client(base_url=service.url, timeout=60) as client:
        for _ in range(LONE):
            began = time.perf_counter()
            task = client.post("/v1/tasks", content=content, headers={"Prefer": "wait=20"}).json()
            lone.append(time.perf_counter() - began)
            assert task["status"] == "done"
    began = time.perf_counter()
    with ThreadPoolExecutor(CLIENTS) as clients:
        ids = [task_id for part in clients.map(some, [FILES // CLIENTS] * CLIENTS) for task_id in part]
    taken = time.perf_counter() - began
    for task_id in reversed(ids):
        service.ended(task_id, 120)
        break
    while len(service.log_lines()) < FILES + LONE:
        time.sleep(0.05)
    kept = time.perf_counter() - began
    service.end()
    lone.sort()
    return [
        (f"uploaded by {CLIENTS} clients, {SIZE} bytes each", f"{FILES / taken:.0f} a second"),
        ("promises kept, with their lines in the log", f"{FILES / kept:.0f} a second"),
        ("a lone file, upload → done: median", f"{statistics.median(lone) * 1000:.1f} ms"),
        ("a lone file, upload → done: 99 of 100 within", f"{lone[int(LONE * 0.99) - 1] * 1000:.1f} ms"),
    ]
