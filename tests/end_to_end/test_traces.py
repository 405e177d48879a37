"""The way of a file through all processes of the service is one OpenTelemetry trace, as a collector receives it."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.client import wait_for
from tests.collector import WAY, Collector, Span
from tests.service import WORKER, Service

TRACE, CLIENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"  # the example of W3C Trace Context
NOT_TRACEPARENTS = (
    "",
    "nonsense",
    f"00-{TRACE}-{CLIENT}",
    f"ff-{TRACE}-{CLIENT}-01",
    f"00-{'0' * 32}-{CLIENT}-01",
    f"00-{TRACE.upper()}-{CLIENT}-01-" + "x" * 5000,
)


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    """A collector that services started by this test report to, without delay."""
    with Collector() as collector:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint)
        monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "100")
        yield collector


def hand_over(service: Service, **headers: str) -> str:
    with service.client() as client:
        answer = client.post("/v1/tasks", content=b"abc", headers=headers)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["id"])


def traced(service: Service, collector: Collector, task_id: str, spans: int) -> list[Span]:
    """The trace of a finished task, once this many spans have arrived; each process sends its own."""
    service.ended(task_id, 60)
    wait_for(lambda: len(collector.trace_of(task_id)) >= spans, f"{spans} spans")
    return collector.trace_of(task_id)


@pytest.mark.timeout(600)
def test_a_file_is_one_trace_whatever_happens_to_it(
    start_service: Callable[..., Service], collector: Collector, tmp_path: Path
) -> None:
    failpoints = tmp_path / "failpoints"
    failpoints.mkdir()
    service = start_service(log_level="info", lease_s=2, sweep_s=1, failpoints=failpoints)
    _continues_the_clients(service, collector)
    _says_so_in_the_log(service)
    _begins_anew_where_the_clients_is_none(service, collector)
    _has_each_attempt(service, collector, failpoints / "work.done")
    _is_linked_to_by_another_try(service, collector, failpoints / "work.done")
    _is_not_held_up_by_a_collector_that_hangs(service, collector)


def _continues_the_clients(service: Service, collector: Collector) -> None:
    task_id = hand_over(service, traceparent=f"00-{TRACE}-{CLIENT}-01")
    spans = traced(service, collector, task_id, 5)
    assert [span.name for span in spans] == WAY
    post, _, create, work, line = spans
    assert [span.parent_id for span in spans] == [CLIENT] + [post.span_id] * 2 + [create.span_id] * 2
    assert (create.kind, post.kind, work.kind) == ("PRODUCER", "SERVER", "CONSUMER")
    assert (post.service, work.service) == ("md5-api", "md5-worker")
    assert work.attributes == {
        "md5.task.id": task_id,
        "md5.task.kind": "md5",
        "md5.task.size": 3,
        "md5.task.attempt": 1,
    }
    assert line.attributes["md5.task.outcome"] == "done"
    assert line.began < line.ended
    assert [span.error for span in spans] == [None] * 5


def _says_so_in_the_log(service: Service) -> None:
    lines = [json.loads(line) for line in service.stderr_path.read_text().splitlines() if line.startswith("{")]
    about = {line["message"].partition(":")[0]: line["span_id"] for line in lines if line.get("trace_id") == TRACE}
    assert about.keys() == {"POST /v1/tasks", "accepted, 3 bytes", "done, at attempt 1"}
    assert len(set(about.values())) == 2


def _begins_anew_where_the_clients_is_none(service: Service, collector: Collector) -> None:
    ids = [hand_over(service, traceparent=given) for given in NOT_TRACEPARENTS]
    traces = [traced(service, collector, task_id, 5) for task_id in ids]
    assert [[span.name for span in spans] for spans in traces] == [WAY] * len(NOT_TRACEPARENTS)
    assert {spans[0].parent_id for spans in traces} == {""}
    assert len({spans[0].trace_id for spans in traces} - {TRACE}) == len(NOT_TRACEPARENTS)


def _has_each_attempt(service: Service, collector: Collector, work_done: Path) -> None:
    work_done.write_text("error")
    _, _, _, failed, done, _ = traced(service, collector, hand_over(service), 6)
    assert (failed.attributes["md5.task.attempt"], done.attributes["md5.task.attempt"]) == (1, 2)
    assert (failed.exceptions, done.exceptions, done.error) == (("OSError",), (), None)
    assert "unexpected error 1" in str(failed.error)

    work_done.write_text("pause 60")
    task_id = hand_over(service)
    wait_for(lambda: not work_done.exists(), "the work to begin")
    for child in service.parts(WORKER)[1:]:
        child.kill()
    *_, lost, done, line = traced(service, collector, task_id, 6)
    assert (lost.name, lost.error, lost.attributes["md5.task.attempt"]) == ("work md5", "the lease was lost", 1)
    assert lost.ended - lost.began > 1e9
    assert (done.name, done.error, done.attributes["md5.task.attempt"]) == ("work md5", None, 2)
    assert line.name == "write log line"


def _is_linked_to_by_another_try(service: Service, collector: Collector, work_done: Path) -> None:
    work_done.write_text("pause 3")
    cancelled = hand_over(service)
    wait_for(lambda: not work_done.exists(), "the work to begin")
    with service.client() as client:
        assert client.delete(f"/v1/tasks/{cancelled}").status_code == 200
        again = client.post(f"/v1/tasks/{cancelled}/retry").json()["id"]
    first, second = traced(service, collector, cancelled, 5), traced(service, collector, again, 4)
    assert [span.error for span in first if span.name == "work md5"] == ["no longer ours"]
    assert [span.name for span in second] == ["POST /v1/tasks/{task_id}/retry", *WAY[2:]]
    assert [span.links for span in second] == [(first[0].trace_id,), (), (), ()]
    assert {span.attributes["http.request.method"] for span in collector.spans if span.kind == "SERVER"} == {"POST"}


def _is_not_held_up_by_a_collector_that_hangs(service: Service, collector: Collector) -> None:
    collector.answers.clear()
    ids = [hand_over(service) for _ in range(5)]
    assert [service.ended(task_id)["attempt"] for task_id in ids] == [1] * 5
    wait_for(lambda: collector.unanswered >= 2, "the API and a worker to wait for an answer")
    assert service.stop() == 0
    said = service.stderr_path.read_text()
    assert "Finished server process" in said
    assert "did not stop within" not in said
