"""A client that keeps uploading, whatever happens, and records every id that it was promised."""

import hashlib
import random
import threading
import time
from collections.abc import Callable, Mapping, Sequence

import httpx2

from tests.client import TLS

RETRY_S = 0.05
TIMEOUT_S = 5
SMALL, MIDDLE, LARGE = (0, 10, 4096), (100_000,), (8 << 20,)  # bytes
SIZES = SMALL * 25 + MIDDLE * 20 + LARGE * 5


class Journal:
    """`promises`: id → the MD5 of the uploaded bytes, for every `202` received."""

    def __init__(
        self,
        urls: Sequence[str],
        wanted: int,
        seed: int,
        *,
        clients: int = 4,
        over_s: float = 0,
        promised: Callable[[str], None] = lambda _: None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Request `wanted` ids in all, from each of the URLs in turn, spread evenly over `over_s` seconds."""
        self.promises: dict[str, str] = {}
        self.refused = 0  # answers other than 202
        self.last_at = 0.0  # time.monotonic() of the last promise
        self.unanswered = 0  # their outcome is unknown
        self._urls = urls
        self._wanted = wanted
        self._over_s = over_s
        self._began = 0.0
        self._promised = promised
        self._headers = headers
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._run, args=(random.Random(seed + number), number), daemon=True)
            for number in range(clients)
        ]

    def start(self) -> None:
        self._began = time.monotonic()
        for thread in self._threads:
            thread.start()

    def join(self, within_s: float) -> None:
        """Wait until all ids were received. Fails the test if that takes too long."""
        deadline = time.monotonic() + within_s
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        if any(thread.is_alive() for thread in self._threads):
            self._stop.set()
            raise AssertionError(f"{len(self.promises)} of {self._wanted} promises after {within_s:g} s: {self}")

    def stop(self) -> None:
        """Request no more."""
        self._stop.set()
        self.join(2 * TIMEOUT_S)

    def _run(self, chance: random.Random, number: int) -> None:
        clients = [
            httpx2.Client(base_url=url, headers=self._headers, timeout=TIMEOUT_S, verify=TLS) for url in self._urls
        ]
        turn = number
        while len(self.promises) < self._wanted and not self._stop.is_set():
            if self._is_ahead():
                time.sleep(RETRY_S)
                continue
            content = chance.randbytes(chance.choice(SIZES))
            turn += 1
            try:
                answer = clients[turn % len(clients)].post("/v1/tasks", content=content)
            except httpx2.TransportError:
                self.unanswered += 1
                time.sleep(RETRY_S)
                continue
            if answer.status_code == 202:
                task_id = answer.json()["id"]
                with self._lock:
                    self.promises[task_id] = hashlib.md5(content).hexdigest()
                    self.last_at = time.monotonic()
                self._promised(task_id)
            else:
                self.refused += 1
                time.sleep(RETRY_S)
        for client in clients:
            client.close()

    def _is_ahead(self) -> bool:
        return len(self.promises) * self._over_s > self._wanted * (time.monotonic() - self._began)

    def __str__(self) -> str:
        return f"{len(self.promises)} promises, {self.refused} refused, {self.unanswered} unanswered"
