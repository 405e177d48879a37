"""A file's way as one OpenTelemetry trace, from the upload to its line in the log; on where a collector's endpoint is named
by OpenTelemetry's own environment variables (`OTEL_EXPORTER_OTLP_ENDPOINT`; the SDK reads the others).

The row carries the trace from process to process, as a W3C `traceparent`: messages are hints, and may be lost or doubled.
Spans are sent by a thread of their own; those that the collector does not take in time are dropped. Off, nothing of
OpenTelemetry is imported here, and every function returns at once: a span in 4 µs, for which its API without an SDK takes 23.
That FastAPI and redis-py import some of it all the same costs 0.1 s of a start, and 2 to 3 MB that forked processes share.
"""

import logging
import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Tracer

log = logging.getLogger(__name__)

# OpenTelemetry has names of its own for requests, messages and errors, and none for a promise.
ATTRIBUTES = {
    "task_id": "md5.task.id",
    "task_kind": "md5.task.kind",
    "size": "md5.task.size",  # bytes
    "attempt": "md5.task.attempt",
    "outcome": "md5.task.outcome",
}
STOP_S = 3.0  # for what is still held, when a process ends: a busy machine needs more than one to send it
SAY_AGAIN_S = 60  # that the collector is away, that a client's headers are malformed, …

_provider: "TracerProvider | None" = None
_tracer: "Tracer | None" = None


def is_wanted() -> bool:
    """Whether the environment names a collector, and does not say that this is to be off."""
    endpoints = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
    off = {"OTEL_SDK_DISABLED": "true", "OTEL_TRACES_EXPORTER": "none"}
    is_off = any(os.environ.get(name, "").strip().lower() == value for name, value in off.items())
    return any(os.environ.get(name) for name in endpoints) and not is_off


def load() -> None:
    """Import what `configure` needs, where that is wanted: a process that will fork does so once for all its children."""
    if is_wanted():
        import opentelemetry.exporter.otlp.proto.http.trace_exporter
        import opentelemetry.sdk.trace.export  # noqa: F401  # to have it loaded


def configure(service_name: str) -> None:
    """Begin to trace, where that is wanted; `OTEL_SERVICE_NAME` comes before this name. It starts a thread: in a process that
    forks no more."""
    if not is_wanted():
        return
    from opentelemetry import trace
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import OTELResourceDetector, Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    global _provider, _tracer
    theirs = logging.getLogger("opentelemetry")
    theirs.propagate = False
    theirs.addHandler(_Seldom())
    try:
        given = OTELResourceDetector().detect().attributes
        resource = Resource.create({"service.name": service_name, **given})
        # Its own way to stop at the end of a process may take half a minute.
        _provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        _provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    except Exception:  # one of OpenTelemetry's variables is wrong; files are taken all the same
        log.exception("there will be no traces")
        return
    trace.set_tracer_provider(_provider)  # FastAPI makes the span of a request
    _tracer = _provider.get_tracer("md5_service")


def stop() -> None:
    """Send what is held, waiting a little; once, however often it is called."""
    global _provider
    provider, _provider = _provider, None
    if provider is not None:
        # The SDK waits for as long as the collector hangs.
        sending = threading.Thread(target=provider.shutdown, name="last-spans", daemon=True)
        sending.start()
        sending.join(STOP_S)


@contextmanager
def span(
    name: str,
    *,
    parent: str | None = None,
    role: Literal["internal", "producer", "consumer"] = "internal",
    **attributes: str | int,
) -> Iterator[None]:
    """The block is a step of the trace: that of `parent`, a traceparent, or of the step that it is in. An exception that
    leaves the block makes it a failed one."""
    if _tracer is None:
        yield
        return
    from opentelemetry.trace import SpanKind

    context = None if parent is None else _context(parent)
    kind = SpanKind[role.upper()]
    with _tracer.start_as_current_span(name, context, kind, _named(attributes)):
        yield


@contextmanager
def within(parent: str | None) -> Iterator[None]:
    """What is said in the block belongs to the trace of `parent`, a traceparent, and is no step of its own."""
    if _tracer is None or parent is None:
        yield
        return
    from opentelemetry.context import attach, detach

    token = attach(_context(parent))
    try:
        yield
    finally:
        detach(token)


def past(
    name: str, parent: str | None, began: int, ended: int, *, why: str | None = None, **attributes: str | int
) -> None:
    """A step that is over already: from one moment to another (microseconds since 1970), in the trace of `parent` (None:
    there is no trace). `why` it failed, where it did."""
    if _tracer is None or parent is None:
        return
    from opentelemetry.trace import StatusCode

    step = _tracer.start_span(name, _context(parent), attributes=_named(attributes), start_time=began * 1000)
    if why is not None:
        step.set_status(StatusCode.ERROR, why)
    step.end(ended * 1000)


def failed(why: str) -> None:
    """The step that the caller is in has failed, with the exception that is being handled."""
    if _tracer is not None:
        from opentelemetry.trace import StatusCode, get_current_span

        step = get_current_span()
        step.set_status(StatusCode.ERROR, why)
        if (error := sys.exception()) is not None:
            step.record_exception(error)


def follows(traceparent: str | None) -> None:
    """The step that the caller is in has to do with another trace."""
    if _tracer is not None and traceparent is not None:
        from opentelemetry.trace import get_current_span

        get_current_span().add_link(get_current_span(_context(traceparent)).get_span_context())


def traceparent() -> str | None:
    """The step that the caller is in, for a row to carry (W3C Trace Context, 55 characters); None where there is none."""
    carrier: dict[str, str] = {}
    if _tracer is not None:
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        TraceContextTextMapPropagator().inject(carrier)
    return carrier.get("traceparent")


def ids() -> dict[str, str]:
    """What a line of the process's own log says of the step that it was written in."""
    if _tracer is None:
        return {}
    from opentelemetry.trace import format_span_id, format_trace_id, get_current_span

    step = get_current_span().get_span_context()
    if not step.is_valid:
        return {}
    return {"trace_id": format_trace_id(step.trace_id), "span_id": format_span_id(step.span_id)}


def _context(traceparent: str) -> "Context":
    from opentelemetry.context import Context
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    return TraceContextTextMapPropagator().extract({"traceparent": traceparent}, Context())


def _named(attributes: dict[str, str | int]) -> dict[str, str | int]:
    return {ATTRIBUTES[name]: value for name, value in attributes.items()}


class _Seldom(logging.Handler):
    """Lets each of their loggers, which speak of every try and every malformed header, have a word now and then."""

    def __init__(self) -> None:
        super().__init__()
        self._said_at: dict[str, float] = {}

    def emit(self, record: logging.LogRecord) -> None:
        now = time.monotonic()
        if now - self._said_at.get(record.name, float("-inf")) >= SAY_AGAIN_S:
            self._said_at[record.name] = now
            logging.getLogger().handle(record)
