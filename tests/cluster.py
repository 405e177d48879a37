"""The service as separate processes, as on several hosts: they share a database, a broker, and the folders of bucket and log.

A process that ends is restarted at once, as systemd or Kubernetes would.
"""

import contextlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import httpx2
import psutil
from celery import Celery

from md5_service.broker import make_celery
from md5_service.cli.launcher import QUIET, Launched
from md5_service.cli.processes import die_with_parent
from md5_service.settings import Settings
from md5_task_data import migrations
from md5_task_data.database.engine import Database
from tests import forked
from tests.client import IN_TIME_S, TLS, Client, wait_for, wait_until_gone
from tests.servers.server import free_port

BIN = Path(sys.executable).parent
CELERY = (str(BIN / "celery"), "-A", "md5_service.worker.main")
TICK_S = 0.05


@dataclass
class Member:
    """One process that should run, and its children."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    is_wanted: bool = True
    is_forked: bool = False  # instead of started as a new Python
    process: subprocess.Popen[bytes] | Launched | None = None
    starts: int = 0

    @property
    def pid(self) -> int:
        assert self.process is not None, f"{self.name} was never started"
        return self.process.pid

    def runs(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def tree(self) -> list[psutil.Process]:
        """The process and its children, parent first; empty if it has just ended."""
        try:
            parent = psutil.Process(self.pid)
            return [parent, *parent.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []


class Cluster(Client):
    """Members by name: `api-0`…, `worker-0`…, `upkeep`, `beat`."""

    def __init__(
        self,
        folder: Path,
        database_url: str,
        broker_url: str,
        *,
        apis: int = 1,
        workers: int = 2,
        children: int = 1,
        **settings: object,
    ) -> None:
        for name in ("bucket", "log"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.log_path = folder / "log" / "tasks.log"
        self.stderr_path = folder / "stderr"
        self.database_url = database_url
        own: dict[str, object] = {
            "database_url": database_url,
            "broker_url": broker_url,
            "bucket_url": f"file://{folder}/bucket",
            "log_path": self.log_path,
        }
        self.environment = os.environ | QUIET
        self.environment |= {f"MD5_{name.upper()}": str(value) for name, value in (own | settings).items()}
        self.urls = [f"http://127.0.0.1:{port}" for port in (free_port() for _ in range(apis))]
        self.url = self.urls[0]
        worker = (*CELERY, "worker", "--concurrency", str(children), "--without-mingle", "--without-gossip")
        self.members = {
            member.name: member
            for member in (
                *(self._api(number, url) for number, url in enumerate(self.urls)),
                *(Member(f"worker-{n}", (*worker, "-Q", "work,large", "-n", f"worker-{n}@%h")) for n in range(workers)),
                Member("upkeep", (*worker, "-Q", "upkeep", "-n", "upkeep@%h")),
                Member("beat", (*CELERY, "beat")),
            )
        }
        for member in self.members.values():
            member.is_forked = True
        self._closing = threading.Event()
        self._starting = threading.Lock()
        self._keeper = threading.Thread(target=self._keep, name="keeper", daemon=True)

    def _api(self, number: int, url: str) -> Member:
        port = url.rsplit(":", 1)[1]
        uvicorn = (str(BIN / "uvicorn"), "md5_service.api.main:app", "--port", port, "--timeout-graceful-shutdown", "5")
        return Member(f"api-{number}", (*uvicorn, "--http", "md5_service.api.main:Protocol", "--log-level", "warning"))

    def start(self, *, migrate: bool = True, ready_s: float = IN_TIME_S) -> None:
        """Create the schema, start all members, and wait until the API is ready."""
        if migrate:
            self.migrate()
        forked.prepare(self.environment)
        self._keeper.start()
        if ready_s:
            wait_for(self.is_ready, f"the API to be ready: {self.stderr_path}", within_s=ready_s)

    def migrate(self) -> None:
        database = Database(self.database_url)
        migrations.upgrade(database)
        database.close()

    def is_ready(self) -> bool:
        """Whether every API is ready."""
        wanted = dict.fromkeys(("database", "broker", "bucket", "log", "kinds"), "ok")
        return all(self.readiness(url) == wanted for url in self.urls)

    def readiness(self, url: str = "") -> dict[str, str]:
        """What the API says about its dependencies; empty while it does not answer."""
        try:
            return dict(httpx2.get(f"{url or self.url}/readyz", timeout=10, verify=TLS).json()["checks"])
        except (httpx2.TransportError, ValueError):
            return {}

    def _keep(self) -> None:
        """The thread that starts every process. They end when it does, for whatever reason."""
        with open(self.stderr_path, "ab") as stderr:
            while not self._closing.is_set():
                for member in self.members.values():
                    with self._starting:
                        if not member.is_wanted or member.runs():
                            continue
                        member.process = self._start(member, stderr)
                        member.starts += 1
                time.sleep(TICK_S)
            self._end_all()

    def _start(self, member: Member, stderr: IO[bytes]) -> subprocess.Popen[bytes] | Launched:
        environment = self.environment | dict(member.environment)
        if member.is_forked and not member.environment and forked.can_start(member.command, environment):
            return forked.start(member.command, environment, self.folder, stderr=stderr.fileno())
        return subprocess.Popen(
            member.command,
            env=environment,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=stderr,
            start_new_session=True,
            preexec_fn=die_with_parent,
        )

    def _end_all(self) -> None:
        trees = [process for member in self.members.values() if member.process for process in member.tree()]
        for process in trees:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.resume()
                process.kill()
        for member in self.members.values():
            if member.process is not None:
                member.process.wait(IN_TIME_S)
        wait_until_gone(trees, IN_TIME_S)

    def stop(self, *names: str) -> None:
        """Stop these members in order, by default all; they are not restarted."""
        chosen = [self.members[name] for name in names or self.members]
        with self._starting:  # otherwise a member that is just starting would miss it
            for member in chosen:
                member.is_wanted = False
                if member.process is not None and member.runs():
                    member.process.terminate()
        for member in chosen:
            if member.process is not None:
                member.process.wait(IN_TIME_S)

    def again(self, *names: str) -> None:
        """Start these members again."""
        for name in names or self.members:
            self.members[name].is_wanted = True

    def end(self) -> None:
        """End all processes."""
        if self._keeper.is_alive():
            if forked.IS_MEASURED:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self.stop()
            self._closing.set()
            self._keeper.join(IN_TIME_S)
            assert not self._keeper.is_alive()

    def celery(self) -> Celery:
        """A Celery app that sends messages as the API and the sweeper do."""
        own = {name: value for name, value in self.environment.items() if name.startswith("MD5_")}
        return make_celery(Settings.model_validate({name.removeprefix("MD5_").lower(): own[name] for name in own}))

    def stderr(self) -> str:
        return self.stderr_path.read_text(errors="replace")


@contextlib.contextmanager
def running(cluster: Cluster) -> Iterator[Cluster]:
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.end()
