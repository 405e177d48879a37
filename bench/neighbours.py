"""What one owner's worst behaviour costs another: a probe requests one task, again and again, alone and beside each
attack.

An attack is a function that runs until its process is killed. To add one, write it and name it in `ATTACKS`.
"""

import asyncio
import contextlib
import http.client
import multiprocessing
import os
import statistics
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import uuid_utils

from bench.lone_api import lone_api, new_database
from md5_task_data import api_keys, tasks

TASKS = 1000  # of the attacker
IN_A_STREAM = 500
CONNECTIONS = 32
PROBED_S = 10
LONGEST_S = 20  # seconds that the probe waits for an answer
PAUSE_S = 0.01  # seconds between two requests of the probe


class Target(NamedTuple):
    """A service, and the owner who attacks it."""

    port: int
    key: str
    ids: Sequence[str]

    def get(self, path: str) -> bytes:
        return f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {self.key}\r\n\r\n".encode()


async def lists(target: Target) -> None:
    """Lists of 1,000 tasks, one after the other on each connection."""
    await _on_all(target, _list)


async def streams(target: Target) -> None:
    """Streams of 500 tasks each, closed when each task was seen once."""
    await _on_all(target, _stream)


async def lists_and_streams(target: Target) -> None:
    """Half of the connections for each."""
    await asyncio.gather(_on_all(target, _list, CONNECTIONS // 2), _on_all(target, _stream, CONNECTIONS // 2))


async def kept_streams(target: Target) -> None:
    """As many streams as are allowed, all open at once."""
    opened = [await asyncio.open_connection("127.0.0.1", target.port) for _ in range(10 * CONNECTIONS)]
    for _, writer in opened:
        writer.write(target.get(_events(target)))
    await asyncio.gather(*(reader.read() for reader, _ in opened))
    await asyncio.Event().wait()


ATTACKS: dict[str, Callable[[Target], Awaitable[None]]] = {
    f"{CONNECTIONS} connections that ask for lists of {TASKS:,}": lists,
    f"{CONNECTIONS} that ask for events of {IN_A_STREAM}": streams,
    "half of them each": lists_and_streams,
    f"{10 * CONNECTIONS} streams of {IN_A_STREAM} kept open": kept_streams,
}


def measure(folder: Path) -> list[tuple[str, str]]:
    database = new_database(folder)
    ids = [str(uuid_utils.uuid7()) for _ in range(TASKS + 1)]
    with database.transaction() as db:
        (_, attacker), (_, neighbour) = api_keys.create(db, "attacker"), api_keys.create(db, "neighbour")
        owners = ["attacker"] * TASKS + ["neighbour"]
        made = zip(ids, owners, strict=True)
        tasks.create_all(db, [(tasks.NewTask(i, owner, "md5", "reads.fastq", 3), None) for i, owner in made])
    database.close()
    with lone_api(folder, auth="keys") as (port, process):
        rows = _beside_each(Target(port, attacker, ids[:TASKS]), Target(port, neighbour, ids[TASKS:]))
        return [*rows, ("the API's resident size", f"{process.memory_info().rss >> 20} MiB")]


def _beside_each(attacker: Target, neighbour: Target) -> list[tuple[str, str]]:
    _probe(neighbour, 1)
    rows = []
    for name, attack in ATTACKS.items():
        alone = _probe(neighbour, PROBED_S / 2)
        attacking = multiprocessing.get_context("spawn").Process(target=_run, args=(attack, attacker), daemon=True)
        attacking.start()
        time.sleep(2)  # until it has started
        beside = _probe(neighbour, PROBED_S)
        attacking.kill()
        attacking.join()
        time.sleep(2)  # until its requests have been processed
        load = f"load {os.getloadavg()[0]:.1f}"
        rows.append((f"{name}: the neighbour alone", _times(alone)))
        rows.append(
            (f"the same beside them; p99 to alone; {load}", f"{_times(beside)}; {_p99(beside) / _p99(alone):.1f}")
        )
    return rows


def _probe(target: Target, seconds: float) -> list[float]:
    took = []
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        began = time.perf_counter()
        with contextlib.suppress(OSError, http.client.HTTPException):
            connection = http.client.HTTPConnection("127.0.0.1", target.port, timeout=LONGEST_S)
            with contextlib.closing(connection):
                while time.monotonic() < until:
                    began = time.perf_counter()
                    is_served = _ask(connection, target)
                    took.append(time.perf_counter() - began if is_served else LONGEST_S)
                    time.sleep(PAUSE_S)
            return took
        took.append(max(time.perf_counter() - began, LONGEST_S))
    return took


def _ask(connection: http.client.HTTPConnection, target: Target) -> bool:
    connection.request("GET", f"/v1/tasks/{target.ids[0]}", headers={"Authorization": f"Bearer {target.key}"})
    answer = connection.getresponse()
    answer.read()
    return answer.status == 200


def _run(attack: Callable[[Target], Awaitable[None]], target: Target) -> None:
    async def run() -> None:
        await attack(target)

    asyncio.run(run())


async def _on_all(target: Target, ask: Callable[[Target], Awaitable[None]], connections: int = CONNECTIONS) -> None:
    async def go_on() -> None:
        while True:
            with contextlib.suppress(OSError, EOFError):
                await ask(target)

    await asyncio.gather(*(go_on() for _ in range(connections)))


async def _list(target: Target) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", target.port)
    with contextlib.closing(writer):
        while True:
            writer.write(target.get(f"/v1/tasks?limit={TASKS}"))
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            await reader.readexactly(int(head.partition(b"content-length: ")[2].split()[0]))


async def _stream(target: Target) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", target.port)
    with contextlib.closing(writer):
        writer.write(target.get(_events(target)))
        if not (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200"):
            return
        seen = 0
        while seen < IN_A_STREAM and (some := await reader.read(1 << 20)):
            seen += some.count(b"data: {")


def _events(target: Target) -> str:
    return "/v1/tasks/events?" + "&".join(f"id={task_id}" for task_id in target.ids[:IN_A_STREAM])


def _p99(took: list[float]) -> float:
    return sorted(took)[int(len(took) * 0.99)]


def _times(took: list[float]) -> str:
    return f"{statistics.median(took) * 1000:.0f}, {_p99(took) * 1000:.0f}, {max(took) * 1000:.0f} ms (p50, p99, max)"
