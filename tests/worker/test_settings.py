"""A wrong setting stops the start with one line that names it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from md5_service.settings import BadSettings, read_settings
from tests.client import IN_TIME_S

GOOD = {
    "MD5_DATABASE_URL": "postgresql://md5@db/md5",
    "MD5_BROKER_URL": "amqp://mq//",
    "MD5_BUCKET_URL": "file:///srv/bucket",
    "MD5_LOG_PATH": "/srv/log/tasks.log",
}


@pytest.mark.parametrize("url", ["sqlite:////srv/md5.sqlite3", "mariadb://md5@db/md5", "postgresql+psycopg2://db/md5"])
def test_these_databases_are_known(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    for name, value in (GOOD | {"MD5_DATABASE_URL": url}).items():
        monkeypatch.setenv(name, value)
    assert read_settings().database_url == url


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("MD5_DATABASE_URL", "nonsense", "not the URL of a database"),
        ("MD5_DATABASE_URL", "mysql+foo://x/y", "not the URL of a database"),
        ("MD5_DATABASE_URL", "oracle://x@h/d", "not the URL of a supported database"),
        ("MD5_DATABASE_URL", "sqlite:///relative.db", "absolute path"),
        ("MD5_LOG_PATH", "log/tasks.log", "absolute path"),
        ("MD5_BROKER_URL", "http://x", "not the URL of a supported broker"),
        ("MD5_BUCKET_URL", "relative", "is not a bucket URL"),
        ("MD5_ALLOWED_HOSTS", "files.example, https://other.example/", "'https://other.example/' is not `name`"),
        ("MD5_LEASE_S", "abc", "valid number"),
        ("MD5_LEASE_S", "0", "greater than or equal to 1"),
        ("MD5_MAX_UPLOAD_BYTES", "-1", "greater than or equal to"),
        ("MD5_LOG_LEVEL", "loud", "'debug', 'info', 'warning' or 'error'"),
        ("MD5_WORKER_MEMORY_BYTES", "1000", "greater than or equal to 134217728"),
    ],
)
def test_a_wrong_value_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str, words: str) -> None:
    for each, good in (GOOD | {name: value}).items():
        monkeypatch.setenv(each, good)
    with pytest.raises(BadSettings, match=words) as told:
        read_settings()
    assert str(told.value).startswith(f"{name}: ")
    assert "\n" not in str(told.value)


def test_a_worker_that_cannot_even_wait_ends(tmp_path: Path) -> None:
    """Celery would print the error and start anyway."""
    driver_missing = {"MD5_DATABASE_URL": "mysql+mysqldb://127.0.0.1/md5"}
    environment = os.environ | GOOD | driver_missing
    command = [str(Path(sys.executable).with_name("celery")), "-A", "md5_service.worker.main", "worker", "-Q", "work"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=IN_TIME_S)
    assert done.returncode == 2, done.stderr
    assert "this worker cannot start" in done.stderr


@pytest.mark.shows("a wrong setting stops the start with one line")
@pytest.mark.parametrize(
    "command", [("uvicorn", "md5_service.api.main:app"), ("celery", "-A", "md5_service.worker.main", "worker")]
)
def test_a_wrong_setting_ends_a_process_with_one_line(tmp_path: Path, command: tuple[str, ...]) -> None:
    environment = os.environ | GOOD | {"MD5_LEASE_S": "0"}
    program = str(Path(sys.executable).with_name(command[0]))
    done = subprocess.run(
        [program, *command[1:]], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 2
    assert done.stderr.startswith("md5-service: MD5_LEASE_S: Input should be greater than or equal to 1")
    assert done.stderr.count("\n") == 1
