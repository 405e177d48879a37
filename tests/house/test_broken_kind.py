"""Processes that need a kind with broken code do not start, and name it: they would accept files that no worker can process."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.checkout import copied
from tests.client import IN_TIME_S

BROKEN = "import no_such_library\n"
WHY = "the kind 'contacts' cannot be loaded: ModuleNotFoundError: No module named 'no_such_library'"
UP = "import sys; from md5_service.cli.main import main; main()"
UVICORN = "import sys; from uvicorn.main import main; main()"
CELERY = "import sys; from celery.__main__ import main; main()"


@pytest.fixture
def house(tmp_path: Path) -> Path:
    return copied(tmp_path / "house")


def run(house: Path, script: str, *words: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {
        "PYTHONPATH": str(house),
        "MD5_DATABASE_URL": f"sqlite:///{house}/md5.sqlite3",
        "MD5_BROKER_URL": f"redis+socket://{house}/no-broker.sock?virtual_host=0",
        "MD5_BUCKET_URL": f"file://{house}/bucket",
        "MD5_LOG_PATH": f"{house}/tasks.log",
    }
    command = [sys.executable, "-P", "-c", script, *words]
    return subprocess.run(command, cwd=house, env=environment, capture_output=True, text=True, timeout=IN_TIME_S)


def test_an_api_does_not_start(house: Path) -> None:
    (house / "md5_service/api/routes/contacts.py").write_text(BROKEN)
    ended = run(house, UVICORN, "md5_service.api.main:app", "--port", "0")
    assert ended.returncode == os.EX_CONFIG, ended.stderr
    assert f"the API cannot start: {WHY}" in ended.stderr


@pytest.mark.parametrize("code", [BROKEN, "def begin(job): ...\n"])
def test_a_worker_does_not_start(house: Path, code: str) -> None:
    """Even if only one of its verbs is missing."""
    (house / "md5_service/worker/kinds/contacts/__init__.py").write_text(code)
    ended = run(house, CELERY, "-A", "md5_service.worker.main", "worker", "-Q", "work", "--concurrency", "1")
    assert ended.returncode == os.EX_CONFIG, ended.stderr
    why = WHY if code == BROKEN else "has neither `work` nor `part` and `close`"
    assert "this worker cannot start: " in ended.stderr
    assert why in ended.stderr


def test_up_does_not_start(house: Path, tmp_path: Path) -> None:
    """It stops at the first attempt: a second one would fail as well."""
    (house / "md5_service/worker/kinds/contacts/__init__.py").write_text(BROKEN)
    ended = run(house, UP, "up", "--port", "0", "--data", str(tmp_path / "data"))
    assert (ended.returncode, ended.stdout) == (2, "")
    assert WHY in ended.stderr
    last = ended.stderr.splitlines()[-1]
    assert last.startswith("md5-service: ")
    assert last.endswith("cannot start; see its messages above")
