"""Prometheus, from Debian's package."""

import subprocess
from pathlib import Path
from typing import Any

import httpx2

from tests.client import TLS
from tests.servers import needed
from tests.servers.server import ANSWER_S, Server


def promtool() -> str:
    """The path of the program that checks Prometheus's files."""
    return needed("Prometheus", "prometheus", "promtool")[0]


class Prometheus(Server):
    """Scrapes what its configuration says, which must be written before the start."""

    def __init__(self, folder: Path, configuration: Path) -> None:
        self._prometheus = needed("Prometheus", "prometheus", "prometheus")[0]
        super().__init__(folder)
        self._configuration = configuration

    def _launch(self) -> subprocess.Popen[bytes]:
        where = [f"--web.listen-address=127.0.0.1:{self.port}", f"--storage.tsdb.path={self.folder}/data"]
        return self._spawn(
            [self._prometheus, f"--config.file={self._configuration}", *where, "--log.level=warn"], cwd=self.folder
        )

    def answers(self) -> bool:
        try:
            url = f"http://127.0.0.1:{self.port}/-/ready"
            return httpx2.get(url, timeout=ANSWER_S, verify=TLS).status_code == 200
        except httpx2.TransportError:
            return False

    def ask(self, path: str, **parameters: str) -> Any:
        """The data of an answer from its API; fails the test on an error."""
        url = f"http://127.0.0.1:{self.port}/api/v1/{path}"
        answer = httpx2.get(url, params=parameters, timeout=10, verify=TLS).json()
        assert answer["status"] == "success", f"{parameters}: {answer}"
        assert not answer.get("warnings"), f"{parameters}: {answer}"
        return answer["data"]

    def query(self, expression: str) -> list[dict[str, Any]]:
        """The current series, each with `metric` (the labels) and `value` (time and value)."""
        return list(self.ask("query", query=expression)["result"])
