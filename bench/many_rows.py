"""What creating a task costs when the table has a thousand finished rows, and when it has a million."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median

from sqlalchemy import text

from bench.peers.contenders import Running, on_valkey
from bench.peers.measure import Subject

FEW, MANY = 1_000, 1_000_000
CLIENTS = 32
SECONDS = 4.0
PASSES = 4
LINE = "x" * 300  # about as long as real lines
FILL = """
INSERT INTO tasks (id, owner, kind, status, outcome, filename, size, params, created_at, started_at, computed_at, finished_at,
                   due_at, hints, fence, attempt, lost_leases, errors, progress, history, result, md5)
SELECT gen_random_uuid(), 'local', 'md5', 'done', 'done', 'old-' || n, 4096, '{}', now.us - n, now.us - n, now.us - n, now.us - n,
       now.us + 86400000000, 1, 1, 1, 0, 0, 4096, '[]', '{"md5": ""}', md5(n::text)
FROM generate_series(1, :rows) AS n, (SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS us) AS now;
INSERT INTO log_lines (seq, task_id, "offset", line)
SELECT row_number() OVER (ORDER BY id), id, (row_number() OVER (ORDER BY id) - 1) * :length, :line FROM tasks;
UPDATE log_head SET seq = :rows, length = :rows * :length, flushed = :rows * :length;
"""


def measure(folder: Path) -> list[tuple[str, str]]:
    """The two take turns; the results are ratios of medians."""
    with ExitStack() as stack:
        few, many = (stack.enter_context(_filled(folder / str(rows), rows)) for rows in (FEW, MANY))
        for subject in (few, many):
            subject.warm_up()
        for number in range(PASSES):
            for subject in (few, many) if number % 2 else (many, few):
                subject.under_load(CLIENTS, SECONDS)
        costs = {subject.name: _cost(subject) for subject in (few, many)}
        rates = {subject.name: median(each.rate for each in subject.rounds[CLIENTS]) for subject in (few, many)}
    return [
        *((f"{name}: promises kept a second", f"{rates[name]:,.0f}") for name in rates),
        *((f"{name}: µs of CPU a promise", f"{costs[name]:,.0f}") for name in costs),
        ("ratio of the costs; the goal was ≤ 1.2", f"{costs[many.name] / costs[few.name]:.2f}"),
    ]


@contextmanager
def _filled(folder: Path, rows: int) -> Iterator[Subject]:
    folder.mkdir(parents=True)
    with on_valkey(folder) as service:
        _fill(service, folder / "cluster" / "log" / "tasks.log", rows)
        yield Subject(f"{rows:,} rows", service)


def _fill(service: Running, log: Path, rows: int) -> None:
    length = len(LINE) + 1
    with service.engine.connect() as db:
        for statement in FILL.split(";\n"):
            if statement.strip():
                db.execute(text(statement), {"rows": rows, "length": length, "line": LINE})
        db.execute(text("VACUUM ANALYZE"))
    with open(log, "w") as file:
        for _ in range(rows):
            file.write(f"{LINE}\n")
    service.skip_lines()
    # Counting a million rows would cost more.
    service.how_many_are_done = text("SELECT coalesce(sum(tasks), 0) FROM totals")


def _cost(subject: Subject) -> float:
    return median(
        sum(cost for part, cost in each.cpu_us.items() if part != "clients") for each in subject.rounds[CLIENTS]
    )
