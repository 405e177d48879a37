"""An API on its own, on SQLite, without a broker or workers."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psutil

from md5_task_data import migrations
from md5_task_data.database.engine import Database
from tests.client import wait_for
from tests.servers.server import free_port


def new_database(folder: Path) -> Database:
    """A database with all tables. The caller closes it."""
    database = Database(f"sqlite:///{folder}/md5.sqlite3")
    migrations.upgrade(database)
    return database


@contextmanager
def lone_api(folder: Path, **settings: str) -> Iterator[tuple[int, psutil.Process]]:
    """The port and process of a listening API, on the database in this folder."""
    (folder / "bucket").mkdir()
    given: Mapping[str, str] = {
        "database_url": f"sqlite:///{folder}/md5.sqlite3",
        "broker_url": f"redis+socket://{folder}/none.sock?virtual_host=0",
        "bucket_url": f"file://{folder}/bucket",
        "log_path": f"{folder}/tasks.log",
        "log_level": "error",
    } | settings
    port = free_port()
    environment = os.environ | {f"MD5_{name.upper()}": value for name, value in given.items()}
    uvicorn = [sys.executable, "-m", "uvicorn", "md5_service.api.main:app", "--port", str(port), "--log-level", "error"]
    with subprocess.Popen([*uvicorn, "--http", "md5_service.api.main:Protocol"], env=environment) as api:
        process = psutil.Process(api.pid)
        try:
            wait_for(lambda: any(each.status == "LISTEN" for each in process.net_connections()), "the API", within_s=30)
            yield port, process
        finally:
            api.kill()
