"""/metrics for Prometheus. All figures come from the database: every API process gives the same, and a restart loses none."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Header, Response
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector, CollectorRegistry
from sqlalchemy import Connection, RowMapping

from md5_service.api.http import schemas
from md5_service.api.http.conventions import add_head_routes
from md5_service.api.state import Owner, StateDep
from md5_task_data.log import statistics
from md5_task_data.registry import KINDS
from md5_task_data.schema import OUTCOMES, SECOND

Counts = TypeVar("Counts")

router = APIRouter(tags=["health"])

ODD_VERSION = re.compile(
    r"version=(?!\d{1,9}(\.\d{1,9}){0,3}\s*(;|,|$))", re.ASCII
)  # the library would fail on it, or echo it

_ON_THE_WAY = ("queued", "running", "waiting", "computed")  # the statuses of unfinished tasks

_TEXT: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Prometheus' text format, or OpenMetrics if `Accept` asks for it",
        "content": {name: {"schema": {"type": "string"}} for name in ("text/plain", "application/openmetrics-text")},
    }
}


@router.get(
    "/metrics", summary="Get metrics for Prometheus", response_class=Response, responses=_TEXT | schemas.problems()
)
async def metrics(state: StateDep, _: Owner, accept: Annotated[str, Header(include_in_schema=False)] = "") -> Response:
    """Counts of all owners' tasks, the log, and how far behind the service is. Any valid key gives access."""
    encode, media_type = choose_encoder("" if ODD_VERSION.search(accept) else accept)
    registry = CollectorRegistry()
    registry.register(await state.read(_read))
    return Response(encode(registry), media_type=media_type)


def _read(db: Connection) -> "_Rows":
    return _Rows(statistics.ended(db), statistics.unfinished(db), statistics.of_log(db))


class _Rows(Collector):
    def __init__(self, ended: Sequence[RowMapping], unfinished: Sequence[RowMapping], log: statistics.Log) -> None:
        self._ended = ended
        self._unfinished = unfinished
        self._log = log

    def collect(self) -> Iterator[Metric]:
        by_outcome = ["kind", "outcome"]
        tasks = CounterMetricFamily("md5_tasks", "Finished tasks; their log lines are written", labels=by_outcome)
        size = CounterMetricFamily("md5_task_bytes", "Bytes of the files of finished tasks", labels=by_outcome)
        work = CounterMetricFamily(
            "md5_task_seconds", "Time taken by the last attempts of finished tasks", labels=by_outcome
        )
        ended = {(row["kind"], row["outcome"]): (row["tasks"], row["bytes"], row["work"]) for row in self._ended}
        for labels, (count, of_files, of_work) in (_zeros(OUTCOMES, (0, 0, 0)) | ended).items():
            tasks.add_metric(labels, float(count))
            size.add_metric(labels, float(of_files))
            work.add_metric(labels, float(of_work) / SECOND)
        yield from (tasks, size, work)

        by_status = ["kind", "status"]
        depth = GaugeMetricFamily("md5_unfinished_tasks", "Unfinished tasks", labels=by_status)
        found = {(row["kind"], row["status"]): row["tasks"] for row in self._unfinished}
        for labels, count in (_zeros(_ON_THE_WAY, 0) | found).items():
            depth.add_metric(labels, float(count))
        yield depth
        words = "Tasks that wait for a worker that supports their kind; one that does not has left them"
        left = GaugeMetricFamily("md5_left_tasks", words, labels=["kind"])
        by_kind = Counter(dict.fromkeys(KINDS, 0))
        for row in self._unfinished:
            by_kind[row["kind"]] += row["left"]
        for kind, count in by_kind.items():
            left.add_metric([kind], float(count))
        yield left
        yield GaugeMetricFamily("md5_oldest_unfinished_seconds", "Age of the oldest unfinished task", self._oldest())
        computed = self._oldest("computed")
        yield GaugeMetricFamily(
            "md5_oldest_computed_seconds", "Age of the oldest task whose log line is not yet written", computed
        )

        words = "The most leases that one unfinished task, or a part of it, has lost"
        lost = GaugeMetricFamily("md5_unfinished_lost_leases_max", words, labels=["kind"])
        for kind in KINDS:
            lost.add_metric([kind], max([0, *(row["lost_leases"] for row in self._unfinished if row["kind"] == kind)]))
        yield lost

        yield CounterMetricFamily("md5_log_lines", "Lines of the log", self._log.lines)
        yield CounterMetricFamily("md5_log_bytes", "Bytes of the log", self._log.bytes)
        yield GaugeMetricFamily("md5_log_unwritten_bytes", "Bytes not yet written to the log file", self._log.unwritten)
        yield CounterMetricFamily("md5_log_busy", "Times that a worker found the log locked", self._log.busy)

    def _oldest(self, status: str | None = None) -> float:
        """The age in seconds of the oldest task, or the oldest in this status; 0 without one."""
        ages = [row["oldest"] for row in self._unfinished if row["tasks"] and status in (None, row["status"])]
        return float(max(ages, default=0)) / SECOND


def _zeros(states: Sequence[str], zero: Counts) -> dict[tuple[str, str], Counts]:
    """A zero for every kind in every state. A counter that first appears at one has not increased, as Prometheus sees it, so the
    first failure would go unnoticed."""
    return {(kind, state): zero for kind in KINDS for state in states}


add_head_routes(router)
