"""Traces: off, nothing is traced, and nothing loaded for it; on, no collector, however it is, holds up or fails anything."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from md5_service import tracing
from tests.client import IN_TIME_S
from tests.collector import Collector

END_S = 25  # the SDK itself would wait for half a minute
ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
AT_WORK = """
import sys
import time
from md5_service import logs, tracing

logs.configure("warning")
tracing.configure("it")
assert len(tracing.traceparent() or "") == 0
for _ in range(5000):  # more than are held
    with tracing.span("step", task_id="0191"):
        assert len(tracing.traceparent() or "") == (55 if "on" in sys.argv else 0)
began = time.monotonic()
tracing.stop()
print(time.monotonic() - began)
"""
STOPPED = """
import os
import signal
from billiard.pool import Pool
from md5_service import tracing
from md5_service.worker import traces


def step(_):
    with tracing.span("step", task_id="0191"):
        pass


def start():
    signal.signal(signal.SIGTERM, lambda *_: exit(0))
    traces._configure()


def end(*_):
    os.kill(os.getpid(), signal.SIGTERM)
    traces._stop()


pool = Pool(1, initializer=start, on_process_exit=end)
pool.map(step, [1])
pool.close()
pool.join()
"""
LOADED = """
import sys
import {module}
from md5_service import tracing

tracing.load()
tracing.configure("it")
with tracing.span("step", task_id="0191"):
    tracing.failed("why")
    tracing.follows("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
    assert (tracing.traceparent(), tracing.ids()) == (None, {{}})
tracing.past("step", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", 1, 2)
tracing.stop()
print(*(name for name in sys.modules if name.startswith("opentelemetry")))
"""


def run(script: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", script, *arguments],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=IN_TIME_S,
    )


def loaded_by(module: str, folder: Path, broker_url: str) -> set[str]:
    settings = {
        "MD5_DATABASE_URL": f"sqlite:///{folder}/md5.sqlite3",
        "MD5_BROKER_URL": broker_url,
        "MD5_BUCKET_URL": f"file://{folder}",
        "MD5_LOG_PATH": f"{folder}/tasks.log",
    }
    return set(run(LOADED.format(module=module), **settings).stdout.split())


def test_off_a_worker_loads_nothing_of_opentelemetry(tmp_path: Path) -> None:
    assert loaded_by("md5_service.worker.main", tmp_path, "amqp://127.0.0.1:9") == set()


@pytest.mark.parametrize("part", ["api", "worker"])
def test_off_nothing_that_traces_is_loaded(tmp_path: Path, part: str) -> None:
    """redis-py loads the SDK's metrics, and FastAPI the API."""
    names = loaded_by(f"md5_service.{part}.main", tmp_path, "redis://127.0.0.1:9")
    assert [name for name in names if name.startswith(("opentelemetry.sdk.trace", "opentelemetry.exporter"))] == []


@pytest.mark.parametrize(
    ("environment", "is_on"),
    [
        ({}, False),
        ({ENDPOINT: ""}, False),
        ({ENDPOINT: "http://collector:4318"}, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://collector:4318/v1/traces"}, True),
        ({ENDPOINT: "http://collector:4318", "OTEL_SDK_DISABLED": "True"}, False),
        ({ENDPOINT: "http://collector:4318", "OTEL_TRACES_EXPORTER": "none"}, False),
    ],
)
def test_an_endpoint_in_the_environment_turns_it_on(
    environment: dict[str, str], is_on: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert tracing.is_wanted() == is_on


@pytest.fixture(params=["nobody listens", "it never answers"])
def silent(request: pytest.FixtureRequest) -> Iterator[str]:
    """The endpoint of a collector that takes nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        endpoint = f"http://127.0.0.1:{listening.getsockname()[1]}"
        if request.param == "nobody listens":
            listening.close()
        yield endpoint


def test_a_collector_that_takes_nothing_holds_up_nobody_and_is_spoken_of_seldom(silent: str) -> None:
    # A process that waited for it at any step would be ended by the time limit of `run`.
    done = run(AT_WORK, "on", **{ENDPOINT: silent, "OTEL_EXPORTER_OTLP_TIMEOUT": "300", "OTEL_BSP_SCHEDULE_DELAY": "1"})
    assert float(done.stdout) < END_S
    lines = done.stderr.splitlines()
    assert 1 <= len(lines) <= 2, lines  # that spans are dropped, and why
    assert "Queue full" in done.stderr


def test_the_sdks_own_variables_are_heeded() -> None:
    with Collector() as collector:
        own = {"OTEL_SERVICE_NAME": "mine", "OTEL_BSP_SCHEDULE_DELAY": "600000"}
        run(AT_WORK, "on", **{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": f"{collector.endpoint}/v1/traces"} | own)
        assert {(span.service, span.name) for span in collector.spans} == {("mine", "step")}


def test_a_variable_that_is_wrong_costs_the_traces_only() -> None:
    done = run(AT_WORK, **{ENDPOINT: "http://127.0.0.1:9", "OTEL_BSP_MAX_QUEUE_SIZE": "1"})
    assert "tracing is off" in done.stderr


def test_a_child_of_a_worker_that_is_stopped_while_it_ends_sends_what_it_holds() -> None:
    with Collector() as collector:
        run(STOPPED, **{ENDPOINT: collector.endpoint, "OTEL_BSP_SCHEDULE_DELAY": "600000"})
        assert [span.name for span in collector.spans] == ["step"]
