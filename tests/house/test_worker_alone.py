"""A worker runs without the API: neither the API's code nor its packages are installed."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.checkout import ROOT
from tests.cluster import BIN, Cluster
from tests.servers.postgres import Postgres
from tests.servers.valkey import Valkey

NOT_THERE = (
    "fastapi",
    "starlette",
    "uvicorn",
    "python_multipart",
    "typer",
    "httpx2",
    "md5_service.api",
    "md5_service.cli",
)


@pytest.mark.long  # `make containers` tests the same with an image
@pytest.mark.timeout(600)
def test_a_worker_needs_nothing_of_the_api(tmp_path: Path, postgres: Postgres, valkey: Valkey) -> None:
    house, python = tmp_path / "house", tmp_path / "venv" / "bin" / "python"
    shutil.copytree(ROOT / "md5_task_data", house / "md5_task_data")
    shutil.copytree(ROOT / "md5_service", house / "md5_service", ignore=shutil.ignore_patterns("api", "cli"))
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv"], check=True)
    install: list[str | Path] = ["pip", "install", "--quiet", "--require-hashes", "--python", python]
    install += ["-r", ROOT / "requirements.worker.lock.txt"]
    subprocess.run([BIN / "uv", *install], check=True)  # ten times as fast as pip
    for module in NOT_THERE:
        assert subprocess.run([python, "-c", f"import {module}"], cwd=house, capture_output=True).returncode == 1
    cluster = Cluster(tmp_path / "cluster", postgres.new_database(), valkey.url)
    for name in ("worker-0", "worker-1", "upkeep", "beat"):
        member = cluster.members[name]
        member.command = [str(python), "-m", "celery", *member.command[1:]]
        member.environment = {"PYTHONPATH": str(house)}
    try:
        cluster.start()
        assert cluster.ended(cluster.hand_over(b"abc"))["result"] == {"md5": "900150983cd24fb0d6963f7d28e17f72"}
    finally:
        cluster.end()
