"""What must be true of a service at rest, whatever was done to it. Computed independently, from the client's own journal
and without the service's code: rows by plain SQL, the hash chain by hand."""

import contextlib
import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Connection, NullPool, create_engine, make_url, text

from md5_task_data.database.engine import DRIVERS

ENDS = ("done", "failed", "cancelled")
TASKS = "tasks WHERE parent_id IS NULL"  # parts were promised to nobody


class Counts(NamedTuple):
    """Broken promises of each sort; all must be 0."""

    lost: int  # promised, but not terminal
    wrong: int  # terminal, with a result that differs from ours
    doubled: int  # more than one line in the log
    unlogged: int  # terminal without a line, or a line without a terminal task
    torn: int  # a chain that breaks, or a file that is not what the table says
    miscounted: int  # totals that differ from the rows


KEPT = Counts(0, 0, 0, 0, 0, 0)


def counts(database_url: str, log_path: Path, journal: Mapping[str, str | None]) -> Counts:
    """Compare the service with a journal: id → the MD5 that the client computed before uploading the file; None for a kind
    that has no MD5."""
    rows, table = _read(database_url)
    promised = {_plain(task_id): digest for task_id, digest in journal.items()}
    ended = {task_id for task_id, (status, _) in rows.items() if status in ENDS}
    log = log_path.read_bytes() if log_path.exists() else b""
    logged = Counter(_plain(str(line["id"])) for line in _lines(log))
    return Counts(
        lost=len(promised.keys() - ended),
        wrong=sum(1 for task_id, digest in promised.items() if task_id in ended and rows[task_id] != ("done", digest)),
        doubled=sum(1 for times in logged.values() if times > 1),
        unlogged=len(ended ^ logged.keys()),
        torn=int(not _is_chain(log)) + int(log != table),
        miscounted=len(_read_totals(database_url) ^ _count_totals(database_url))
        + len(_read_minutes(database_url) ^ _count_ends(database_url)),
    )


def unfinished(database_url: str) -> int:
    """How many tasks have not finished, including those that no client was told about."""
    with _connected(database_url) as db:
        return int(db.execute(text(f"SELECT count(*) FROM tasks WHERE status NOT IN {ENDS}")).scalar_one())


def _read(database_url: str) -> tuple[dict[str, tuple[str, str | None]], bytes]:
    """Status and MD5 of every task, and the log according to the table."""
    with _connected(database_url) as db:
        tasks = db.execute(text(f"SELECT id, status, md5 FROM {TASKS}"))
        rows = {_plain(str(task_id)): (status, md5) for task_id, status, md5 in tasks}
        lines = db.execute(text("SELECT line FROM log_lines ORDER BY seq")).scalars()
        return rows, "".join(f"{line}\n" for line in lines).encode()


def _read_totals(database_url: str) -> set[tuple[str, ...]]:
    return _strings(database_url, "SELECT owner, kind, outcome, tasks, bytes FROM totals")


def _read_minutes(database_url: str) -> set[tuple[str, ...]]:
    """The sums, because a storm is over before its first minutes are deleted."""
    return _strings(database_url, "SELECT owner, outcome, sum(tasks) FROM ended_minutes GROUP BY owner, outcome")


def _count_ends(database_url: str) -> set[tuple[str, ...]]:
    return _strings(
        database_url, f"SELECT owner, status, count(*) FROM {TASKS} AND status IN {ENDS} GROUP BY owner, status"
    )


def _count_totals(database_url: str) -> set[tuple[str, ...]]:
    counted = f"SELECT owner, kind, status, count(*), sum(size) FROM {TASKS}"
    return _strings(database_url, f"{counted} AND status IN {ENDS} GROUP BY owner, kind, status")


def _strings(database_url: str, query: str) -> set[tuple[str, ...]]:
    with _connected(database_url) as db:
        return {tuple(map(str, row)) for row in db.execute(text(query))}


@contextlib.contextmanager
def _connected(database_url: str) -> Iterator[Connection]:
    url = make_url(database_url)
    engine = create_engine(url.set(drivername=DRIVERS.get(url.drivername, url.drivername)), poolclass=NullPool)
    with engine.connect() as db:
        yield db


def _plain(task_id: str) -> str:
    return task_id.replace("-", "")


def _lines(log: bytes) -> list[dict[str, object]]:
    lines = []
    for raw in log.splitlines():
        try:
            lines.append(json.loads(raw))
        except ValueError:
            continue  # torn, as the chain shows
    return lines


def _is_chain(log: bytes) -> bool:
    prev = "0" * 64
    *lines, rest = log.split(b"\n")
    for seq, raw in enumerate(lines, 1):
        try:
            line = json.loads(raw)
        except ValueError:
            return False
        if line["seq"] != seq or line["prev"] != prev:
            return False
        prev = hashlib.sha256(raw).hexdigest()
    return rest == b""
