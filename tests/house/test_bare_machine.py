"""./run on a machine with only python3 and pip: no node, no make, no git, no ensurepip."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.checkout import ROOT, committed
from tests.service import Service

TOOLS = [
    "sh",
    "cat",
    "chmod",
    "cksum",
    "cut",
    "dirname",
    "env",
    "find",
    "id",
    "ln",
    "mkdir",
    "printf",
    "rm",
    "sort",
    "uname",
    "xargs",
]
WITHOUT_ENSUREPIP = """#!/bin/sh
case "$*" in "-m venv .venv") exit 1 ;; esac
exec {python} "$@"
"""


@pytest.mark.long
@pytest.mark.timeout(600)
def test_run_makes_everything_itself(tmp_path: Path) -> None:
    house, tools = tmp_path / "house", tmp_path / "tools"
    tools.mkdir()
    for tool in TOOLS:
        (tools / tool).symlink_to(shutil.which(tool) or f"/usr/bin/{tool}")
    real = next(path for path in ("/usr/bin/python3", shutil.which("python3")) if path and _has_pip(path))
    (tools / "python3").write_text(WITHOUT_ENSUREPIP.format(python=real))
    (tools / "python3").chmod(0o755)
    for path in committed():
        if path.is_file():
            target = house / path.relative_to(ROOT)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, target)
    service = Service(tmp_path, {"PATH": str(tools)}, (str(house / "run"),))
    try:
        service.start()
        task_id = service.hand_over(b"abc")
        assert service.ended(task_id)["result"] == {"md5": "900150983cd24fb0d6963f7d28e17f72"}
        with service.client() as client:
            assert 'type="module"' in client.get("/").text
            assert client.get("/assets/swagger-ui.css").status_code == 200
        assert (house / ".node").is_dir()
    finally:
        service.end()
    assert "could not" not in service.stderr_path.read_text()


def _has_pip(python: str) -> bool:
    check = [python, "-c", "import pip, sys; sys.exit(sys.version_info < (3, 11))"]
    return os.path.exists(python) and subprocess.run(check, capture_output=True).returncode == 0
