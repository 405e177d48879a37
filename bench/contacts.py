"""A CSV of a million contacts, from upload until done, compared with one row at a time, a bare COPY, and twice as many
rows.

Everything is in one PostgreSQL, with fsync on and its default memory settings; two worker processes load, one API
receives the file. Before each pass the table has exactly the addresses that should be known; the service itself has
loaded them.
"""

import contextlib
import io
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any

import psutil
from sqlalchemy import Engine, create_engine, text

from bench import straightforward_contacts
from bench.contacts_file import Files, make_files, records
from bench.large_file import BLOCK, Memory, blocks
from bench.peers.report import spread
from tests.client import ENDS
from tests.cluster import Cluster, running
from tests.servers.postgres import Postgres
from tests.servers.valkey import Valkey

ROWS, SAMPLE, ROUNDS = 1_000_000, 10_000, 3
QUICK = {"rows": 5_000, "sample": 200, "rounds": 1}
WITHIN_S = 600
WORKERS = 2
TABLE = straightforward_contacts.Contact.__tablename__
COLUMNS = "task_id, line, owner, key, email, name, data"


class AsInstalled(Postgres):
    """PostgreSQL with its default memory; the tests' server has less, because many run at once."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, fsync=True)
        self._options += ["-c", "shared_buffers=128MB"]


@dataclass
class Passes:
    """The measurements of each pass."""

    ours: list[float] = field(default_factory=list)  # rows per second, as in all of these lists
    twice: list[float] = field(default_factory=list)
    uploaded: list[float] = field(default_factory=list)  # the upload's share of that time, in seconds
    copied: list[float] = field(default_factory=list)
    one_by_one: list[float] = field(default_factory=list)
    by_two: list[float] = field(default_factory=list)
    cpu_s: list[float] = field(default_factory=list)  # CPU time of API, workers and database, for ours
    most: int = 0  # the largest size of one worker process, in bytes


class Bench:
    def __init__(self, cluster: Cluster, postgres: Postgres, engine: Engine, url: str) -> None:
        self.passes = Passes()
        self._cluster = cluster
        self._postgres = postgres
        self._engine = engine
        self._url = url

    def ours(self, files: Files) -> tuple[float, str]:
        """Rows per second, and the id of the file's task."""
        self._run("TRUNCATE contacts")
        self._load(files.known)
        self._run("CHECKPOINT")
        memory = Memory([process for n in range(WORKERS) for process in self._children(n)])
        memory.start()
        before = self._cpu_s()
        task, took_s = self._load(files.new)
        self.passes.cpu_s.append(self._cpu_s() - before)
        memory.stop()
        self.passes.most = max(self.passes.most, *memory.most.values())
        assert task["status"] == "done", task
        assert {name: task["result"][name] for name in files.counts._fields} == files.counts._asdict(), task["result"]
        return files.counts.rows / took_s, task["id"]

    def _load(self, path: Path) -> tuple[dict[str, Any], float]:
        began = time.perf_counter()
        with self._cluster.client(WITHIN_S) as client:
            answer = client.post("/v1/tasks", params={"kind": "contacts", "filename": path.name}, content=blocks(path))
        assert answer.status_code == 202, answer.text
        uploaded = time.perf_counter()
        task = answer.json()
        while task["status"] not in ENDS:
            assert time.perf_counter() - began < WITHIN_S, task
            task = self._cluster.task(task["id"], wait_s=60)
        self.passes.uploaded.append(uploaded - began)
        return task, time.perf_counter() - began

    def _cpu_s(self) -> float:
        """CPU seconds of all running processes; those of autovacuum, which come and go, may be missing."""
        trees = [process for member in self._cluster.members.values() for process in member.tree()]
        total = 0.0
        for process in [*trees, *self._postgres.processes()]:
            with contextlib.suppress(psutil.NoSuchProcess):
                times = process.cpu_times()
                total += times.user + times.system
        return total

    def _children(self, number: int) -> list[psutil.Process]:
        return self._cluster.members[f"worker-{number}"].tree()[1:]

    def copy(self, task_id: str) -> float:
        """Rows per second of a bare COPY of the new rows in this file."""
        self._run("DROP TABLE IF EXISTS copied", "CREATE TABLE copied (LIKE contacts INCLUDING ALL)")
        self._run(f"INSERT INTO copied SELECT * FROM contacts WHERE task_id <> '{task_id}' ORDER BY line")
        self._run("CHECKPOINT")
        rows = io.BytesIO()
        connection = self._engine.raw_connection()
        driver: Any = connection.dbapi_connection
        cursor = driver.cursor()
        new = f"SELECT {COLUMNS} FROM contacts WHERE task_id = '{task_id}' ORDER BY line"
        cursor.copy_expert(f"COPY ({new}) TO STDOUT", rows)
        rows.seek(0)
        began = time.perf_counter()
        cursor.copy_expert(f"COPY copied ({COLUMNS}) FROM STDIN", rows)
        driver.commit()
        rate = float(cursor.rowcount / (time.perf_counter() - began))
        connection.close()
        return rate

    def row_at_a_time(self, path: Path, task_id: str, sample: int, processes: int) -> float:
        """Rows per second of the usual implementation, for the first `most` rows, in several processes."""
        self._run(f"TRUNCATE {TABLE}")
        self._run(
            f"INSERT INTO {TABLE} ({COLUMNS}) SELECT {COLUMNS} FROM contacts WHERE task_id <> '{task_id}' ORDER BY line"
        )
        self._run("CHECKPOINT")
        rows = list(enumerate(islice(records(path), sample), start=2))
        share = sample // processes
        with ProcessPoolExecutor(processes) as pool:
            list(pool.map(time.sleep, [0.1] * processes))  # now they are running
            began = time.perf_counter()
            loads = [
                pool.submit(straightforward_contacts.load, self._url, task_id, rows[n * share : (n + 1) * share])
                for n in range(processes)
            ]
            assert sum(sum(load.result()) for load in loads) == share * processes
            return share * processes / (time.perf_counter() - began)

    def _run(self, *statements: str) -> None:
        with self._engine.connect() as db:
            for statement in statements:
                db.execute(text(statement))


def measure(folder: Path, rows: int = ROWS, sample: int = SAMPLE, rounds: int = ROUNDS) -> list[tuple[str, str]]:
    files, doubled = (make_files(folder, count) for count in (rows, 2 * rows))
    with _bench(folder) as bench:
        passes = bench.passes
        for _ in range(rounds):
            rate, task_id = bench.ours(files)
            passes.ours.append(rate)
            passes.copied.append(bench.copy(task_id))
            passes.one_by_one.append(bench.row_at_a_time(files.new, task_id, sample, 1))
            passes.by_two.append(bench.row_at_a_time(files.new, task_id, sample, 2))
            passes.twice.append(bench.ours(doubled)[0])
    return _told(passes, files)


@contextmanager
def _bench(folder: Path) -> Iterator[Bench]:
    with AsInstalled(folder / "postgres") as postgres, Valkey(folder / "valkey") as valkey:
        url = postgres.new_database()
        with running(Cluster(folder / "cluster", url, valkey.url, workers=WORKERS)) as cluster:
            driver = url.replace("postgresql://", "postgresql+psycopg2://")
            engine = create_engine(driver, isolation_level="AUTOCOMMIT")
            straightforward_contacts.Base.metadata.create_all(engine)
            yield Bench(cluster, postgres, engine, driver)
            engine.dispose()


def _told(passes: Passes, files: Files) -> list[tuple[str, str]]:
    rows, inserted, duplicate, invalid = files.counts
    return [
        (
            "the file",
            f"{rows:,} rows, {files.new.stat().st_size / BLOCK:.0f} MiB: "
            f"{inserted:,} new, {duplicate:,} duplicate, {invalid:,} invalid, as a plain pass counts them, too",
        ),
        ("ours, upload → done, rows a second: median (min–max); the goal was ≥ 100,000", _rates(passes.ours)),
        ("of that time the upload alone, median", f"{median(passes.uploaded[1::4]):.2f} s"),
        ("CPU of API, workers and database, median", f"{median(passes.cpu_s[::2]):.1f} s"),
        ("a row at a time: one process", _rates(passes.one_by_one)),
        ("a row at a time: two processes", _rates(passes.by_two)),
        ("COPY of the new rows alone", _rates(passes.copied)),
        ("ours ÷ a row at a time; the goal was ≥ 25", _ratios(passes.ours, passes.one_by_one)),
        ("ours ÷ a row at a time in two processes", _ratios(passes.ours, passes.by_two)),
        ("ours (all rows) ÷ COPY (the new ones)", _ratios(passes.ours, passes.copied)),
        (
            "twice the rows: times the time; the goal was ≤ 2.2",
            _ratios([2 * rate for rate in passes.ours], passes.twice),
        ),
        ("largest resident size of a worker process; the goal was < 300 MiB", f"{passes.most / BLOCK:.0f} MiB"),
    ]


def _rates(rates: list[float]) -> str:
    return f"{median(rates):,.0f} ({min(rates):,.0f}–{max(rates):,.0f})"


def _ratios(ones: list[float], others: list[float]) -> str:
    return spread([one / other for one, other in zip(ones, others, strict=True)])
