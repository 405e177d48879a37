"""Clients that send one byte per second, half of them headers, half a body: what they cost the service, and other clients."""

import asyncio
import contextlib
import statistics
import time
from pathlib import Path

import httpx2

from bench.lone_api import lone_api, new_database
from tests.client import TLS

SLOW = 200
UPLOADS = 200
SIZE = 1 << 20
HEAD = b"POST /v1/tasks HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n"


def measure(folder: Path) -> list[tuple[str, str]]:
    new_database(folder).close()
    with lone_api(folder) as (port, process):
        alone, beside, connected = asyncio.run(_measure(port))
        resident = process.memory_info().rss
    return [
        (f"{SLOW} clients that send one byte a second: connected all the while", f"{connected}"),
        (f"an upload of {SIZE >> 20} MiB alone: median, 95 of 100 within", _times(alone)),
        ("the same beside them", _times(beside)),
        ("beside to alone, 95 of 100", f"{_p95(beside) / _p95(alone):.2f}"),
        ("the API's resident size", f"{resident >> 20} MiB"),
    ]


async def _measure(port: int) -> tuple[list[float], list[float], int]:
    await asyncio.to_thread(_upload, port)  # the first one warms up
    alone = await asyncio.to_thread(_upload, port)
    connected: set[int] = set()
    slow = [asyncio.create_task(_slow(port, number, connected)) for number in range(SLOW)]
    await asyncio.sleep(5)
    beside = await asyncio.to_thread(_upload, port)
    still = len(connected)
    for task in slow:
        task.cancel()
    return alone, beside, still


async def _slow(port: int, number: int, connected: set[int]) -> None:
    while True:
        with contextlib.suppress(OSError):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            connected.add(number)
            with contextlib.closing(writer):
                sent = b"" if number % 2 else HEAD + b"\r\n"
                writer.write(sent)
                for byte in HEAD if number % 2 else b"x" * 3600:
                    writer.write(bytes([byte]))
                    await writer.drain()
                    await asyncio.sleep(1)
        connected.discard(number)


def _upload(port: int) -> list[float]:
    took = []
    with httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=60, verify=TLS) as client:
        for _ in range(UPLOADS):
            began = time.perf_counter()
            client.post("/v1/tasks", content=bytes(SIZE)).raise_for_status()
            took.append(time.perf_counter() - began)
    return took


def _p95(took: list[float]) -> float:
    return sorted(took)[int(len(took) * 0.95)]


def _times(took: list[float]) -> str:
    return f"{statistics.median(took) * 1000:.0f} ms, {_p95(took) * 1000:.0f} ms"
