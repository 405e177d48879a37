"""/metrics, as Prometheus reads it: all from rows, so that every API process says the same, and a restart loses nothing."""

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
)  # the library would fail at it, or repeat it

_ON_THE_WAY = ("queued", "running", "waiting", "computed")  # the statuses of what has not ended

_TEXT: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Prometheus' text format, or OpenMetrics where `Accept` asks for it",
        "content": {name: {"schema": {"type": "string"}} for name in ("text/plain", "application/openmetrics-text")},
    }
}


@router.get("/metrics", response_class=Response, responses=_TEXT | schemas.problems())
async def metrics(state: StateDep, _: Owner, accept: Annotated[str, Header(include_in_schema=False)] = "") -> Response:
    """Everybody's tasks, the log, and how far behind the service is, for Prometheus. Any key opens it."""
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
        tasks = CounterMetricFamily("md5_tasks", "Tasks that have ended, their line in the log", labels=by_outcome)
        size = CounterMetricFamily("md5_task_bytes", "Bytes of the files of tasks that have ended", labels=by_outcome)
        work = CounterMetricFamily("md5_task_seconds", "Time that the last attempts took", labels=by_outcome)
        ended = {(row["kind"], row["outcome"]): (row["tasks"], row["bytes"], row["work"]) for row in self._ended}
        for labels, (count, of_files, of_work) in (_zeros(OUTCOMES, (0, 0, 0)) | ended).items():
            tasks.add_metric(labels, float(count))
            size.add_metric(labels, float(of_files))
            work.add_metric(labels, float(of_work) / SECOND)
        yield from (tasks, size, work)

        by_status = ["kind", "status"]
        depth = GaugeMetricFamily("md5_unfinished_tasks", "Tasks that have not ended", labels=by_status)
        found = {(row["kind"], row["status"]): row["tasks"] for row in self._unfinished}
        for labels, count in (_zeros(_ON_THE_WAY, 0) | found).items():
            depth.add_metric(labels, float(count))
        yield depth
        words = "Tasks that wait for another worker: one was asked that does not know their kind"
        left = GaugeMetricFamily("md5_left_tasks", words, labels=["kind"])
        by_kind = Counter(dict.fromkeys(KINDS, 0))
        for row in self._unfinished:
            by_kind[row["kind"]] += row["left"]
        for kind, count in by_kind.items():
            left.add_metric([kind], float(count))
        yield left
        yield GaugeMetricFamily("md5_oldest_unfinished_seconds", "Age of the oldest task not ended", self._oldest())
        computed = self._oldest("computed")
        yield GaugeMetricFamily("md5_oldest_computed_seconds", "For how long a line for the log has waited", computed)

        words = "The most leases that one task not ended, or a part of it, has lost"
        lost = GaugeMetricFamily("md5_unfinished_lost_leases_max", words, labels=["kind"])
        for kind in KINDS:
            lost.add_metric([kind], max([0, *(row["lost_leases"] for row in self._unfinished if row["kind"] == kind)]))
        yield lost

        yield CounterMetricFamily("md5_log_lines", "Lines of the log", self._log.lines)
        yield CounterMetricFamily("md5_log_bytes", "Bytes of the log", self._log.bytes)
        yield GaugeMetricFamily("md5_log_unwritten_bytes", "Bytes not yet in the log's file", self._log.unwritten)
        yield CounterMetricFamily("md5_log_busy", "How often a worker found the log locked", self._log.busy)

    def _oldest(self, status: str | None = None) -> float:
        """Seconds; 0 when there is none."""
        ages = [row["oldest"] for row in self._unfinished if row["tasks"] and status in (None, row["status"])]
        return float(max(ages, default=0)) / SECOND


def _zeros(states: Sequence[str], zero: Counts) -> dict[tuple[str, str], Counts]:
    """Every kind in every state, counted or not: a counter that begins at one has not increased, as Prometheus sees it, and
    the first failure would pass unseen."""
    return {(kind, state): zero for kind in KINDS for state in states}


add_head_routes(router)
