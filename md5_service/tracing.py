"""A file's way as one OpenTelemetry trace, from the upload to its log line. On if OpenTelemetry's own environment
variables name a collector (`OTEL_EXPORTER_OTLP_ENDPOINT`; the SDK reads the others).

The row carries the trace from process to process, as a W3C `traceparent`, because messages are hints that may be lost
or duplicated. A separate thread sends the spans; those that the collector does not accept in time are dropped. When
tracing is off, this module imports nothing of OpenTelemetry and every function returns at once: a span takes 4 µs,
where OpenTelemetry's API without an SDK takes 23. FastAPI and redis-py import some of it anyway, which costs 0.1 s per
start, and 2 to 3 MB that forked processes share.
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

# OpenTelemetry defines names for requests, messages and errors, but none for a task.
ATTRIBUTES = {
    "task_id": "md5.task.id",
    "task_kind": "md5.task.kind",
    "size": "md5.task.size",  # bytes
    "attempt": "md5.task.attempt",
    "outcome": "md5.task.outcome",
}
STOP_S = 3.0  # to send remaining spans when a process ends; a busy machine needs more than one second
SAY_AGAIN_S = 60  # between repeated messages, such as that the collector is unavailable

_provider: "TracerProvider | None" = None
_tracer: "Tracer | None" = None


def is_wanted() -> bool:
    """Whether the environment names a collector and does not switch tracing off."""
    endpoints = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
    off = {"OTEL_SDK_DISABLED": "true", "OTEL_TRACES_EXPORTER": "none"}
    is_off = any(os.environ.get(name, "").strip().lower() == value for name, value in off.items())
    return any(os.environ.get(name) for name in endpoints) and not is_off


def load() -> None:
    """Import what `configure` needs, if tracing is on. A process that will fork does so once for all its children."""
    if is_wanted():
        import opentelemetry.exporter.otlp.proto.http.trace_exporter
        import opentelemetry.sdk.trace.export  # noqa: F401  # only to load it


def configure(service_name: str) -> None:
    """Start tracing, if it is on. `OTEL_SERVICE_NAME` overrides this name. Starts a thread, so call it in a process that
    will not fork."""
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
        # The SDK's own shutdown at process exit may take half a minute.
        _provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        _provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    except Exception:  # one of OpenTelemetry's variables is wrong; files are still accepted
        log.exception("tracing is off")
        return
    trace.set_tracer_provider(_provider)  # FastAPI creates the span of a request
    _tracer = _provider.get_tracer("md5_service")


def stop() -> None:
    """Send remaining spans, waiting at most STOP_S. Further calls do nothing."""
    global _provider
    provider, _provider = _provider, None
    if provider is not None:
        # In a thread, because the SDK waits as long as the collector hangs.
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
    """The block is a step of a trace: that of `parent` (a traceparent), or that of the current step. An exception that
    leaves the block makes it a failed step."""
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
    """Log messages in the block belong to the trace of `parent` (a traceparent); the block is not a step itself."""
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
    """A step that is already over: from `began` to `ended` (microseconds since 1970), in the trace of `parent` (None: not
    traced). `why`: why it failed, if it did."""
    if _tracer is None or parent is None:
        return
    from opentelemetry.trace import StatusCode

    step = _tracer.start_span(name, _context(parent), attributes=_named(attributes), start_time=began * 1000)
    if why is not None:
        step.set_status(StatusCode.ERROR, why)
    step.end(ended * 1000)


def failed(why: str) -> None:
    """Mark the current step as failed, with the exception that is being handled."""
    if _tracer is not None:
        from opentelemetry.trace import StatusCode, get_current_span

        step = get_current_span()
        step.set_status(StatusCode.ERROR, why)
        if (error := sys.exception()) is not None:
            step.record_exception(error)


def follows(traceparent: str | None) -> None:
    """Link the current step to another trace."""
    if _tracer is not None and traceparent is not None:
        from opentelemetry.trace import get_current_span

        get_current_span().add_link(get_current_span(_context(traceparent)).get_span_context())


def traceparent() -> str | None:
    """The current step, for a row to carry (W3C Trace Context, 55 characters); None if there is none."""
    carrier: dict[str, str] = {}
    if _tracer is not None:
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        TraceContextTextMapPropagator().inject(carrier)
    return carrier.get("traceparent")


def ids() -> dict[str, str]:
    """The ids of the current step, for the process's own log."""
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
    """Limits OpenTelemetry's loggers, which report every failed attempt and malformed header, to one message each per
    SAY_AGAIN_S."""

    def __init__(self) -> None:
        super().__init__()
        self._said_at: dict[str, float] = {}

    def emit(self, record: logging.LogRecord) -> None:
        now = time.monotonic()
        if now - self._said_at.get(record.name, float("-inf")) >= SAY_AGAIN_S:
            self._said_at[record.name] = now
            logging.getLogger().handle(record)
