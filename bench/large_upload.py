"""Uploading a file of 1 GiB, compared with the straightforward service, both on PostgreSQL and Valkey; hashing it in
place, compared with OpenSSL.

Files are sent with `sendfile`, so the client costs next to nothing. Our service has the bytes on disk (fsync) when it
answers, the straightforward one in the page cache.
"""

import contextlib
import socket
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from sqlalchemy import text

from bench.large_file import BLOCK, Memory, make_file
from bench.peers.contenders import BASELINE, Running, on_valkey
from bench.peers.load import form, raw_body
from bench.peers.report import spread
from tests.client import wait_for

ROUNDS = 5
POLL_S = 0.2  # rarely enough to slow nothing down
KEPT_WITHIN_S = 60
OPENSSL = ("openssl", "speed", "-mr", "-seconds", "1", "-bytes", str(BLOCK), "-evp", "md5")


def hand_over(service: Running, path: Path) -> float:
    """Seconds until the answer."""
    request, size = service.request, path.stat().st_size
    sized = form(request.path, size, can_wait=False) if request.after else raw_body(request.path, size)
    with socket.create_connection(("127.0.0.1", service.port)) as connection, open(path, "rb") as file:
        began = time.perf_counter()
        connection.sendall(sized.before)
        connection.sendfile(file)
        connection.sendall(sized.after)
        answer = connection.recv(BLOCK)
        took_s = time.perf_counter() - began
    assert answer.startswith(b"HTTP/1.1 202"), answer
    return took_s


def openssl() -> float:
    """Bytes per second."""
    told = subprocess.run(OPENSSL, capture_output=True, check=True, text=True).stdout
    return float(next(line for line in told.splitlines() if line.startswith("+F:")).rpartition(":")[2])


def stored_under(folder: Path, size: int) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file() and path.stat().st_size == size)


def measure(folder: Path, size: int) -> list[tuple[str, str]]:
    path = folder / "large"
    make_file(path, size)
    took: dict[str, list[float]] = {}
    more: dict[str, list[int]] = {}
    ratios, hashed = [], []
    with contextlib.ExitStack() as stack:
        services = {
            "straightforward": stack.enter_context(BASELINE.start(folder / "straightforward")),
            "ours": stack.enter_context(on_valkey(folder / "ours")),
        }
        for number in range(ROUNDS + 1):
            for name, service in services.items():
                api = service.processes["API"]()
                before = sum(process.memory_info().rss for process in api)
                memory = Memory(api)
                memory.start()
                seconds = hand_over(service, path)
                memory.stop()
                if number:  # the first is for warming up
                    took.setdefault(name, []).append(seconds)
                    more.setdefault(name, []).append(sum(memory.most.values()) - before)
                wait_for(_are_done(service, number + 1), "the file to be done", within_s=KEPT_WITHIN_S, every_s=POLL_S)
                for stored in stored_under(folder / name, size):
                    stored.unlink()
            if number:
                ratios.append(took["straightforward"][-1] / took["ours"][-1])
                hashed.append(size / _work_s(services["ours"]) / openssl())
    ours, theirs = (f"{size / BLOCK / statistics.median(took[name]):.0f} MiB/s" for name in ("ours", "straightforward"))
    return [
        ("uploaded, bytes durable: ours", ours),
        ("uploaded: straightforward", theirs),
        ("ratio, median (min–max); the goal was ≥ 1.8", spread(ratios)),
        ("memory of the API above that at rest, at most: ours", f"{max(more['ours']) / BLOCK:.0f} MiB"),
        (
            "memory of the API above that at rest, at most: straightforward",
            f"{max(more['straightforward']) / BLOCK:.0f} MiB",
        ),
        ("hashed at rest ÷ `openssl speed md5`, median (min–max); the goal was ≥ 0.97", spread(hashed)),
    ]


def _are_done(service: Running, count: int) -> Callable[[], bool]:
    return lambda: service.done() >= count


def _work_s(service: Running) -> float:
    """How long a worker worked on the last file, according to its row."""
    last = text("SELECT computed_at - started_at FROM tasks ORDER BY id DESC LIMIT 1")
    with service.engine.connect() as db:
        return int(db.execute(last).scalar_one()) / 1e6
