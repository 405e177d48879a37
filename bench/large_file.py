"""One large file: the memory of every process, and the time from the end of the upload to the result, compared with `md5sum`."""

import contextlib
import os
import statistics
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import psutil

from tests.service import Service

BLOCK = 1 << 20
ROUNDS = 3
SAMPLED_S = 0.02


class Memory(threading.Thread):
    """The largest resident size of each of these processes, in bytes."""

    def __init__(self, processes: Sequence[psutil.Process]) -> None:
        super().__init__(daemon=True)
        self.most: dict[int, int] = {}
        self._processes = processes
        self._over = threading.Event()

    def run(self) -> None:
        while not self._over.wait(SAMPLED_S):
            for process in self._processes:
                with contextlib.suppress(psutil.Error):
                    self.most[process.pid] = max(self.most.get(process.pid, 0), process.memory_info().rss)

    def stop(self) -> None:
        self._over.set()
        self.join()


def make_file(path: Path, size: int) -> None:
    """A file of bytes that no file system or disk can compress."""
    block = os.urandom(64 * BLOCK)
    with open(path, "wb") as file:
        for number in range(size // len(block)):
            file.write(number.to_bytes(8, "big"))
            file.write(block[8:])


def blocks(path: Path) -> Iterator[bytes]:
    with open(path, "rb", buffering=0) as file:
        while block := file.read(BLOCK // 4):
            yield block


def measure(folder: Path, size: int) -> list[tuple[str, str]]:
    path = folder / "large"
    make_file(path, size)
    service = Service(folder / "service", {})
    service.start()
    memory = Memory([*service.processes(), service.supervisor])
    memory.start()
    ours, md5sums, uploads = [], [], []
    for _ in range(ROUNDS):
        with service.client(600) as client:
            began = time.perf_counter()
            task_id = client.post("/v1/tasks", content=blocks(path)).json()["id"]
            ended = time.perf_counter()
            task = service.task(task_id, wait_s=60)
            ours.append(time.perf_counter() - ended)
        uploads.append(size / BLOCK / (ended - began))
        stored = service.folder / "bucket" / task_id[-2:] / task_id
        began = time.perf_counter()
        digest = (
            subprocess.run(["md5sum", stored], capture_output=True, check=True, text=True)
            .stdout.split()[0]
            .lstrip("\\")
        )
        md5sums.append(time.perf_counter() - began)
        assert task["result"] == {"md5": digest}
        stored.unlink()
    memory.stop()
    service.end()
    path.unlink()
    ratios = sorted(a / b for a, b in zip(ours, md5sums, strict=True))
    return [
        ("upload, with fsync (median of 3)", f"{statistics.median(uploads):.0f} MiB/s"),
        ("end of the upload → result", f"{statistics.median(ours):.2f} s"),
        ("md5sum of the same file", f"{statistics.median(md5sums):.2f} s"),
        ("ratio of the two, median (min–max)", f"{statistics.median(ratios):.3f} ({ratios[0]:.3f}–{ratios[-1]:.3f})"),
        (f"largest resident size among {len(memory.most)} processes", f"{max(memory.most.values()) / BLOCK:.0f} MiB"),
    ]
