"""RabbitMQ, from Debian's package."""

import contextlib
import copy
import json
import os
import subprocess
from pathlib import Path
from typing import Any

import amqp

from tests.servers import needed
from tests.servers.server import ANSWER_S, Server, free_port

QUEUES = ("work", "large", "upkeep")
VHOSTS = ("/", *(f"w{number}" for number in range(8)))  # each with queues of its own
USER = PASSWORD = "guest"


class RabbitMq(Server):
    """Durable queues and their persistent messages survive a restart."""

    vhost = "/"

    def __init__(self, folder: Path) -> None:
        self._server, self._epmd = needed(
            "RabbitMQ", "rabbitmq-server", "/usr/lib/rabbitmq/bin/rabbitmq-server", "epmd"
        )
        super().__init__(folder)
        # The data belongs to this name: the port may still change at the first start.
        self._node = f"t{self.port}@localhost"

    def _launch(self) -> subprocess.Popen[bytes]:
        (self.folder / "plugins").write_text("[].")
        (self.folder / "rabbitmq.conf").write_text(
            f"listeners.tcp.default = 127.0.0.1:{self.port}\n"
            "log.console = true\nlog.console.level = warning\nlog.file = false\n"
            f"load_definitions = {self.folder}/definitions.json\n"
        )
        (self.folder / "definitions.json").write_text(json.dumps(_DEFINITIONS))
        epmd_port = str(free_port())
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("RABBITMQ_", "ERL_"))}
        environment |= {
            "HOME": str(self.folder),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "ERL_EPMD_PORT": epmd_port,
            "RABBITMQ_ALLOW_INPUT": "true",  # Erlang replaces the shell script, and is our child
            "RABBITMQ_NODENAME": self._node,
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(free_port()),
            "RABBITMQ_MNESIA_BASE": str(self.folder / "mnesia"),
            "RABBITMQ_LOG_BASE": str(self.folder / "log"),
            "RABBITMQ_PID_FILE": str(self.folder / "pid"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.folder / "plugins"),
            "RABBITMQ_CONFIG_FILE": str(self.folder / "rabbitmq"),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+S 1:1",  # one scheduler: it starts faster on a busy machine
        }
        self._names = self._spawn([self._epmd, "-address", "127.0.0.1", "-port", epmd_port], self.folder, environment)
        return self._spawn([self._server, "-noinput"], self.folder, environment)

    def kill(self) -> None:
        super().kill()
        self._names.wait()

    @property
    def url(self) -> str:
        return self.url_at(self.port)

    def url_at(self, port: int) -> str:
        """The URL through another port, for a proxy."""
        return f"amqp://{USER}:{PASSWORD}@127.0.0.1:{port}/{self.vhost}"

    def at(self, vhost: str) -> "RabbitMq":
        """The same server with other queues."""
        other = copy.copy(self)
        other.vhost = vhost
        return other

    def answers(self) -> bool:
        """Whether it answers within about 2 s; kombu would retry again and again."""
        try:
            with self._connect():
                return True
        except (OSError, amqp.AMQPError):
            return False

    def flush(self) -> None:
        """Forget all messages."""
        with self._connect() as connection:
            for queue in QUEUES:
                with contextlib.suppress(amqp.NotFound):  # which also closes the channel
                    connection.channel().queue_purge(queue)

    def _connect(self) -> amqp.Connection:
        where: dict[str, Any] = {
            "host": f"127.0.0.1:{self.port}",
            "virtual_host": self.vhost,
            "userid": USER,
            "password": PASSWORD,
        }
        return amqp.Connection(**where, connect_timeout=ANSWER_S, read_timeout=ANSWER_S)


_ALL = {"configure": ".*", "write": ".*", "read": ".*"}
_DEFINITIONS = {
    "users": [{"name": USER, "password": PASSWORD, "tags": "administrator"}],
    "vhosts": [{"name": name} for name in VHOSTS],
    "permissions": [{"user": USER, "vhost": name, **_ALL} for name in VHOSTS],
}
