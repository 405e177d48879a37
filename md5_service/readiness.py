"""Whether a process's dependencies are available: database, broker, bucket and log folder. For `/readyz`, and for a
worker's start."""

import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from celery import Celery

from md5_service.broker import is_idle
from md5_service.settings import Settings
from md5_task_data import migrations
from md5_task_data.bucket.folder import Bucket
from md5_task_data.database.engine import Database
from md5_task_data.errors import DependencyAway

Check = Callable[[], object]
LOOK_AGAIN_S, REPORT_FIRST_S, REPORT_AGAIN_S = 0.25, 1, 10


def checks(settings: Settings, database: Database, celery: Celery) -> Mapping[str, Check]:
    """By name. Each check returns if all is well, and raises DependencyAway, which says what is wrong."""
    return {
        "database": lambda: _has_schema(database),
        "broker": lambda: is_idle(celery),
        "bucket": lambda: _is_writable(Bucket(settings.bucket_url).root),
        "log": lambda: _is_writable(settings.log_path.parent),  # only its writers open the file
    }


def wait_for(name: str, check: Check, on_wait: Callable[[str], object], within_s: float = float("inf")) -> None:
    """Wait until a dependency is available. `on_wait` is called every few seconds with a line that says what is awaited and
    why. Raises DependencyAway if it is not available in time."""
    began = time.monotonic()
    reported_at = began - REPORT_AGAIN_S + REPORT_FIRST_S
    while True:
        try:
            check()
            return
        except DependencyAway as error:
            if time.monotonic() - began > within_s:
                raise
            if time.monotonic() - reported_at >= REPORT_AGAIN_S:
                on_wait(f"waiting for the {name}: {error}")
                reported_at = time.monotonic()
            time.sleep(LOOK_AGAIN_S)


def _has_schema(database: Database) -> None:
    if not migrations.is_current(database):
        raise DependencyAway("its schema is not that of this version; run `md5-service migrate`")


def _is_writable(folder: Path) -> None:
    if not os.access(folder, os.W_OK | os.X_OK):
        raise DependencyAway(f"the folder {folder} does not exist or is not writable")
