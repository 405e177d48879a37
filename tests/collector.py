"""An OpenTelemetry collector that receives spans over HTTP and stores them."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.trace.v1 import trace_pb2

WAY = [
    "POST /v1/tasks",
    "receive file",
    "create task",
    "work md5",
    "write log line",
]  # the spans of a file, in the order in which they begin


@dataclass(frozen=True)
class Span:
    """Ids are hexadecimal; times are nanoseconds since 1970."""

    service: str
    name: str
    kind: str
    trace_id: str
    span_id: str
    parent_id: str
    began: int
    ended: int
    attributes: Mapping[str, object]
    links: tuple[str, ...]  # ids of other traces
    error: str | None  # why it failed
    exceptions: tuple[str, ...]


class Collector:
    """Listens from its creation on; use it in a `with`."""

    def __init__(self) -> None:
        self.spans: list[Span] = []
        self.answers = threading.Event()  # while it is cleared, senders wait
        self.answers.set()
        self.unanswered = 0
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                assert self.path == "/v1/traces"
                body = self.rfile.read(int(self.headers["Content-Length"]))
                collector.spans += _spans(ExportTraceServiceRequest.FromString(body))
                if not collector.answers.is_set():
                    collector.unanswered += 1
                    collector.answers.wait()
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.endpoint = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, name="collector", daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.answers.set()
        self._server.shutdown()
        self._server.server_close()

    def trace_of(self, task_id: str) -> list[Span]:
        """The spans received of the trace of a task, in the order in which they began."""
        spans = list(self.spans)
        traces = {span.trace_id for span in spans if span.attributes.get("md5.task.id") == task_id}
        assert len(traces) < 2, traces
        return sorted((span for span in spans if span.trace_id in traces), key=lambda span: span.began)


def _spans(request: ExportTraceServiceRequest) -> list[Span]:
    return [
        _span(str(_values(group.resource.attributes)["service.name"]), span)
        for group in request.resource_spans
        for scope in group.scope_spans
        for span in scope.spans
    ]


def _span(service: str, span: trace_pb2.Span) -> Span:
    events = [_values(event.attributes) for event in span.events]
    return Span(
        service=service,
        name=span.name,
        kind=trace_pb2.Span.SpanKind.Name(span.kind).removeprefix("SPAN_KIND_"),
        trace_id=span.trace_id.hex(),
        span_id=span.span_id.hex(),
        parent_id=span.parent_span_id.hex(),
        began=span.start_time_unix_nano,
        ended=span.end_time_unix_nano,
        attributes=_values(span.attributes),
        links=tuple(link.trace_id.hex() for link in span.links),
        error=span.status.message if span.status.code == trace_pb2.Status.STATUS_CODE_ERROR else None,
        exceptions=tuple(str(event["exception.type"]) for event in events if "exception.type" in event),
    )


def _values(attributes: object) -> dict[str, object]:
    pairs: list[KeyValue] = list(attributes)  # type: ignore[call-overload]  # protobuf's own containers have no such type
    return {pair.key: getattr(pair.value, pair.value.WhichOneof("value") or "") for pair in pairs}
