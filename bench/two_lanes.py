"""Small files beside large ones: how long a single file of 4 KiB waits while two large ones are hashed."""

import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2

from bench.large_file import blocks, make_file
from bench.peers.measure import percentile
from tests.service import LARGE, Service

ALONE = 100  # files


def measure(folder: Path, size: int) -> list[tuple[str, str]]:
    make_file(folder / "large", size)
    service = Service(folder / "service", {})
    service.start()
    with httpx2.Client(base_url=service.url, timeout=600) as client:

        def lone() -> float:
            began = time.perf_counter()
            answer = client.post("/v1/tasks", content=os.urandom(4096), headers={"Prefer": "wait=60"})
            assert answer.json()["status"] == "done", answer.text
            return time.perf_counter() - began

        lone()
        alone = [lone() for _ in range(ALONE)]
        lane = service.parts(LARGE)
        for process in lane:
            process.suspend()  # until both are queued
        with ThreadPoolExecutor(2) as threads:
            large = list(threads.map(lambda _: _upload(service.url, folder / "large"), range(2)))
        for process in lane:
            process.resume()
        beside = []
        began = time.perf_counter()
        while not all(service.task(task_id)["outcome"] for task_id in large):
            beside.append(lone())
        took_s = time.perf_counter() - began
        assert all(service.task(task_id)["outcome"] == "done" for task_id in large)
    service.end()
    times = {"at rest": alone, "beside the two": beside}
    return [
        (f"two files of {size >> 30} GiB, hashed", f"{took_s:.1f} s"),
        ("files of 4 KiB kept meanwhile, one after the other", str(len(beside))),
        *(
            (
                f"{when}: median, 99 of 100 within",
                f"{percentile(took, 50) * 1e3:.0f} ms, {percentile(took, 99) * 1e3:.0f} ms",
            )
            for when, took in times.items()
        ),
    ]


def _upload(url: str, path: Path) -> str:
    answer = httpx2.post(f"{url}/v1/tasks", content=blocks(path), timeout=600)
    return str(answer.json()["id"])
