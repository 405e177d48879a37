"""Schemathesis (https://schemathesis.readthedocs.io) checks a real service against its OpenAPI document."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.fuzz.seed import SEED
from tests.service import Service

HERE = Path(__file__).parent
SCHEMATHESIS = str(Path(sys.executable).with_name("st"))

# Per operation and phase; the coverage phase adds about 400 cases.
EXAMPLES = {"none": {"short": "5", "long": "700"}, "keys": {"long": "300"}}

LEAST = {"none": 7000, "keys": 3000}  # 10,000 requests, together


@pytest.mark.parametrize("auth", ["none", pytest.param("keys", marks=pytest.mark.long)])
def test_the_document_is_kept(
    auth: str, is_long: bool, start_service: Callable[..., Service], figure: Callable[[str], None], tmp_path: Path
) -> None:
    """The API rejects what the document forbids, accepts what it allows, and answers as it describes."""
    service = start_service(auth=auth, log_level="error")
    report = tmp_path / "report.json"
    examples = EXAMPLES[auth]["long" if is_long else "short"]
    options = ["--max-examples", examples, "--report", "json", "--report-json-path", str(report), "--no-color"]
    options += ["--seed", SEED] if is_long else ["--generation-deterministic"]
    rules = (HERE / "schemathesis.toml").read_text()
    if auth == "keys":
        rules += f'\n[auth.openapi.HTTPBearer]\nbearer = "{service.new_key("ann")[1]}"\n'
    (tmp_path / "rules.toml").write_text(rules)
    ran = subprocess.run(
        [
            SCHEMATHESIS,
            "--config-file",
            str(tmp_path / "rules.toml"),
            "run",
            f"{service.url}/openapi.json",
            *options,
        ],
        cwd=tmp_path,
        env=os.environ | {"SCHEMATHESIS_HOOKS": "tests.fuzz.hooks", "PYTHONPATH": str(HERE.parents[1])},
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    found = json.loads(report.read_text())
    operations, cases = found["operations"], found["test_cases"]["generated"]
    assert operations["tested"] == operations["total"] >= 13
    assert found["failures"] == found["errors"] == []
    figure(f"seed {SEED if is_long else 'none'}; {cases} requests in {found['running_time']:.0f} s, 0 failures")
    assert cases >= (LEAST[auth] if is_long else 300)
