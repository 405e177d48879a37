"""The promise: 500 files are handed over while the whole tree is killed ten times; nothing is lost, wrong or doubled."""

import hashlib
import random
import threading
import time
from collections.abc import Callable

import httpx2
import pytest

from tests.end_to_end.oracle import Counts, counts
from tests.service import Service, wait_for

SEED = 20261122
PROMISES = 500
KILLS = 10
SETTLED_S = 45


class Client(threading.Thread):
    """Hands files over for as long as it is asked to, and journals every id that it was promised."""

    def __init__(self, service: Service, wanted: int) -> None:
        super().__init__(daemon=True)
        self.journal: dict[str, str] = {}
        self._service = service
        self._wanted = wanted
        self._random = random.Random(SEED)

    def run(self) -> None:
        while len(self.journal) < self._wanted:
            content = self._random.randbytes(self._random.choice((0, 10, 4096, 100_000, 8 << 20)))
            try:
                answer = httpx2.post(f"{self._service.url}/v1/tasks", content=content, timeout=5)
            except httpx2.TransportError:
                time.sleep(0.05)  # killed, or not yet up again: nothing was promised
                continue
            if answer.status_code == 202:
                self.journal[answer.json()["id"]] = hashlib.md5(content).hexdigest()


@pytest.mark.timeout(600)
def test_nothing_is_lost_when_everything_is_killed_again_and_again(start_service: Callable[..., Service]) -> None:
    service = start_service(lease_s=5, max_attempts=50)
    moments = random.Random(SEED)
    client = Client(service, PROMISES)
    client.start()
    for kill in range(1, KILLS + 1):
        wait_for(lambda: len(client.journal) >= min(kill * PROMISES // KILLS, PROMISES - 1), 120, "more promises")  # noqa: B023
        time.sleep(moments.uniform(0, 0.5))
        assert service.kill_tree() >= 6
        started = time.monotonic()
        service.start()
    client.join(60)
    assert len(client.journal) >= PROMISES
    wait_for(lambda: counts(service, client.journal).lost == 0, SETTLED_S, "every promise to be kept")
    print(f"settled {time.monotonic() - started:.1f} s after the last start")
    assert service.stop() == 0
    assert counts(service, client.journal) == Counts(0, 0, 0, 0, 0)


def test_the_oracle_sees_each_sort_of_broken_promise(start_service: Callable[..., Service]) -> None:
    """An oracle that cannot fail proves nothing."""
    service = start_service()
    journal = {service.hand_over(b"abc"): hashlib.md5(b"abc").hexdigest() for _ in range(3)}
    for task_id in journal:
        service.ended(task_id)
    service.stop()
    assert counts(service, journal) == Counts(0, 0, 0, 0, 0)
    one = next(iter(journal))
    assert counts(service, {**journal, "01a201f5-3560-7681-96d2-5d5d82951648": ""}).lost == 1
    assert counts(service, {**journal, one: "0" * 32}).wrong == 1
    whole = service.log_path.read_bytes()
    service.log_path.write_bytes(whole + whole.splitlines(keepends=True)[0])
    assert counts(service, journal)[2:] == (1, 0, 2)
    service.log_path.write_bytes(whole[: whole[:-1].rindex(b"\n") + 1])
    assert counts(service, journal)[2:] == (0, 1, 1)
