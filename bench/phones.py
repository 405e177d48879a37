"""The phone numbers of mixed texts of four regions, from upload until done, compared with libphonenumber's matcher over the same
text in one process; how soon the first numbers of a large file can be read; and a text made to be slow.

Everything is in one PostgreSQL, with fsync on and its default memory settings; two worker processes search, one API receives
the file.
"""

import itertools
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean
from typing import Any

from bench.contacts import WORKERS, AsInstalled
from bench.large_file import BLOCK, Memory, blocks
from bench.phone_texts import mixed, slow
from tests.client import ENDS
from tests.cluster import Cluster, running
from tests.servers.valkey import Valkey

REGIONS = ("US", "DE", "GB", "IN")
SIZE, LARGE, SLOW = 25 << 20, 1 << 30, 8 << 20  # bytes: of the text of a region, of the large file, of the slow text
QUICK = {"size": 512 << 10, "large": 4 << 20, "slow_size": 128 << 10}
WITHIN_S = 1800
FED = 64 << 10  # characters at a time, in whole lines; for what follows a time stamp is copied
NO_LIMIT = 1 << 40  # tries; by default the matcher stops silently after 65,535


def matcher(path: Path, region: str) -> tuple[int, float]:
    """The numbers that libphonenumber finds, and the seconds it takes; in a process of its own."""
    from phonenumbers import PhoneNumberFormat, PhoneNumberMatcher, format_number, re_util, region_code_for_number

    re_util.enable_pattern_cache()
    began, numbers = time.perf_counter(), 0
    with open(path, encoding="utf-8") as file:
        while lines := file.readlines(FED):
            for match in PhoneNumberMatcher("".join(lines), region, max_tries=NO_LIMIT):
                _ = format_number(match.number, PhoneNumberFormat.E164), region_code_for_number(match.number)
                numbers += 1
    return numbers, time.perf_counter() - began


@dataclass
class Speeds:
    """Bytes per second, by region."""

    matcher: dict[str, float] = field(default_factory=dict)
    exact: dict[str, float] = field(default_factory=dict)
    fast: dict[str, float] = field(default_factory=dict)
    slow: float = 0
    numbers: dict[str, int] = field(default_factory=dict)
    first_s: float = 0
    most: int = 0  # the largest size of one worker process, in bytes


def measure(folder: Path, size: int = SIZE, large: int = LARGE, slow_size: int = SLOW) -> list[tuple[str, str]]:
    texts = {region: _written(folder / region, mixed(region, size)) for region in REGIONS}
    speeds = Speeds()
    with AsInstalled(folder / "postgres") as postgres, Valkey(folder / "valkey") as valkey:
        for engine in ("exact", "fast"):
            url = postgres.new_database()
            cluster = Cluster(folder / engine, url, valkey.url, workers=WORKERS, phones_engine=engine)
            with running(cluster), _measured(cluster, speeds):
                _searched(cluster, _written(folder / "warm", mixed("US", 1 << 20)), "US")
                for region, path in texts.items():
                    numbers, took_s = _searched(cluster, path, region)
                    vars(speeds)[engine][region] = path.stat().st_size / took_s
                    if engine == "exact":
                        speeds.numbers[region] = numbers
                if engine == "exact":
                    path = _written(folder / "slow", slow(slow_size))
                    speeds.slow = path.stat().st_size / _searched(cluster, path, "US")[1]
                    repeated = itertools.chain.from_iterable(itertools.repeat(list(mixed("US", 4 << 20)), large >> 22))
                    speeds.first_s = _first(cluster, _written(folder / "large", repeated))
            valkey.flush()
        for region, path in texts.items():
            with ProcessPoolExecutor(1) as pool:
                numbers, took_s = pool.submit(matcher, path, region).result()
            assert numbers == speeds.numbers[region], (region, numbers, speeds.numbers)
            speeds.matcher[region] = path.stat().st_size / took_s
    return _told(speeds, size, large)


def _written(path: Path, texts: Iterable[str]) -> Path:
    with open(path, "w", encoding="utf-8") as file:
        file.writelines(texts)
    return path


@contextmanager
def _measured(cluster: Cluster, speeds: Speeds) -> Iterator[None]:
    memory = Memory([process for n in range(WORKERS) for process in cluster.members[f"worker-{n}"].tree()[1:]])
    memory.start()
    yield
    memory.stop()
    speeds.most = max(speeds.most, *memory.most.values())


def _uploaded(cluster: Cluster, path: Path, region: str) -> dict[str, Any]:
    with cluster.client(WITHIN_S) as client:
        answer = client.post("/v1/tasks", params={"kind": "phones", "region": region}, content=blocks(path))
    assert answer.status_code == 202, answer.text
    return dict(answer.json())


def _searched(cluster: Cluster, path: Path, region: str) -> tuple[int, float]:
    """How many numbers were found, and the seconds from the upload until done."""
    began = time.perf_counter()
    task = _uploaded(cluster, path, region)
    while task["status"] not in ENDS:
        assert time.perf_counter() - began < WITHIN_S, task
        task = cluster.task(task["id"], wait_s=60)
    assert task["outcome"] == "done", task
    return task["result"]["numbers"], time.perf_counter() - began


def _first(cluster: Cluster, path: Path) -> float:
    """Seconds from the end of the upload until a first number can be read."""
    task = _uploaded(cluster, path, "US")
    began = time.perf_counter()
    with cluster.client(WITHIN_S) as client:
        while not client.get(f"/v1/tasks/{task['id']}/phones", params={"limit": 1}).json()["items"]:
            assert time.perf_counter() - began < WITHIN_S
            time.sleep(0.02)
        took_s = time.perf_counter() - began
        client.delete(f"/v1/tasks/{task['id']}")
    return took_s


def _told(speeds: Speeds, size: int, large: int) -> list[tuple[str, str]]:
    def rates(of: dict[str, float]) -> str:
        return " · ".join(f"{of[region] / BLOCK:.2f}" for region in REGIONS)

    def ratio(of: dict[str, float]) -> str:
        ratios = [of[region] / speeds.matcher[region] for region in REGIONS]
        return f"{mean(ratios):.1f} ({' · '.join(f'{each:.1f}' for each in ratios)})"

    return [
        (
            f"the texts, {size / BLOCK:.3g} MiB each, for {' · '.join(REGIONS)}: numbers, as the matcher finds them, too",
            " · ".join(f"{speeds.numbers[region]:,}" for region in REGIONS),
        ),
        ("PhoneNumberMatcher alone, one process, MiB/s", rates(speeds.matcher)),
        ("exact, two workers, upload → done, MiB/s", rates(speeds.exact)),
        ("fast, likewise", rates(speeds.fast)),
        ("exact ÷ PhoneNumberMatcher: mean (each); the goal was ≥ 4", ratio(speeds.exact)),
        ("fast ÷ PhoneNumberMatcher; the goal was ≥ 10", ratio(speeds.fast)),
        (
            "a text made to be slow: times the time of a normal one, per MiB; the goal was ≤ 3",
            f"{mean(speeds.exact.values()) / speeds.slow:.2f}",
        ),
        (
            f"a file of {large / BLOCK:.0f} MiB: from its upload until a first number can be read; the goal was ≤ 2 s",
            f"{speeds.first_s:.2f} s",
        ),
        ("largest resident size of a worker process; the goal was < 200 MiB", f"{speeds.most / BLOCK:.0f} MiB"),
    ]
