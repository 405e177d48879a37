"""Imports have no side effects: work is done by functions that are called explicitly. Only importing the two `main` modules may
do something."""

import json
import os
import pkgutil
import subprocess
import sys
from pathlib import Path

import md5_service
import md5_task_data
from tests.checkout import ROOT
from tests.client import IN_TIME_S

MAY = {"md5_service.api.main", "md5_service.worker.main"}
RUN_BY_ALEMBIC = {"md5_task_data.migrations.env"}
MODULES = [
    module.name
    for package in (md5_service, md5_task_data)
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
    if module.name not in MAY | RUN_BY_ALEMBIC
]
# Modules of other packages: those that we change or once changed, and those that are most often changed.
FOREIGN = (
    *(
        "celery.signals",
        "celery.worker.consumer.consumer",
        "kombu.compression",
        "kombu.connection",
        "kombu.serialization",
    ),
    *("kombu.transport", "kombu.transport.redis", "kombu.transport.virtual.base", "redis", "redis.connection"),
    *("fastapi.applications", "fastapi.routing", "starlette.requests", "uvicorn.config", "httptools"),
    *("uvicorn.protocols.http.httptools_impl", "sqlalchemy.engine.base", "sqlalchemy.pool.base", "psycopg2.extensions"),
    *("asyncio", "builtins", "gc", "json", "logging", "resource", "signal", "socket", "sqlite3", "sys", "threading"),
)
OF_ANOTHER = {"BROKER_URL": "redis://of.another.application"}


def effects_of(modules: list[str], folder: Path = ROOT) -> list[str]:
    """The side effects of importing these modules in a fresh interpreter without settings; they may also be in `folder`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MD5_", "COVERAGE_"))}
    ran = subprocess.run(
        [sys.executable, "-B", "-m", "tests.house.import_effects"],
        input=json.dumps([modules, FOREIGN]),
        env=kept | OF_ANOTHER | {"PYTHONPATH": f"{ROOT}{os.pathsep}{folder}"},
        capture_output=True,
        text=True,
        timeout=IN_TIME_S,
    )
    assert ran.returncode == 0, ran.stderr
    return list(json.loads(ran.stdout))


def test_no_import_has_a_side_effect() -> None:
    assert len(MODULES) > 130
    assert effects_of(MODULES) == []


EFFECTS = (
    ("import threading; threading.Thread(target=threading.Event().wait, daemon=True).start()", "threads"),
    ("import socket; kept = socket.socketpair()", "descriptors"),
    ("import socket; socket.getaddrinfo('127.0.0.1', 9)", "socket.getaddrinfo"),
    ("kept = open('/proc/self/stat')", "descriptors"),
    ("open('/dev/null', 'w').close()", "open"),
    ("import sqlite3; sqlite3.connect(':memory:').close()", "sqlite3.connect"),
    ("from kombu.transport.redis import Channel; Channel.do_restore = False", "do_restore"),
    ("import kombu.transport; kombu.transport.TRANSPORT_ALIASES['redis'] = 'ours'", "TRANSPORT_ALIASES"),
    ("import kombu.connection; kombu.connection.Connection.connect = None", "Connection.connect"),
    ("import sys; sys.modules['opentelemetry.metrics'] = None", "modules that cannot be found"),
    ("from celery.signals import worker_ready; worker_ready.connect(lambda **_: None, weak=False)", "receivers"),
    ("import os; os.environ.pop('BROKER_URL')", "environment"),
    ("import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)", "signals"),
    ("import gc; gc.freeze()", "collector"),
    ("import logging; logging.basicConfig()", "log"),
)


def test_they_would_be_seen(tmp_path: Path) -> None:
    for number, (does, _) in enumerate(EFFECTS):
        (tmp_path / f"with_effect_{number}.py").write_text(does)
    effects = effects_of([f"with_effect_{number}" for number in range(len(EFFECTS))], tmp_path)
    assert [(does, seen) for does, seen in EFFECTS if not any(seen in effect for effect in effects)] == []
