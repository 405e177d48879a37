"""RabbitMQ, from Debian's package."""

import contextlib
import os
import subprocess
from pathlib import Path

import amqp

from tests.servers import needed
from tests.servers.server import ANSWER_S, Server, free_port

QUEUES = ("work", "large", "upkeep")


class RabbitMq(Server):
    """It keeps durable queues with their persistent messages through a restart."""

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
        )
        epmd_port = str(free_port())
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("RABBITMQ_", "ERL_"))}
        environment |= {
            "HOME": str(self.folder),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "ERL_EPMD_PORT": epmd_port,
            "RABBITMQ_ALLOW_INPUT": "true",  # Erlang takes the place of the shell script, and is our child
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
        return f"amqp://guest:guest@127.0.0.1:{port}//"

    def answers(self) -> bool:
        """Whether it does within about 2 s; kombu would try again and again."""
        try:
            with amqp.Connection(f"127.0.0.1:{self.port}", connect_timeout=ANSWER_S, read_timeout=ANSWER_S):
                return True
        except (OSError, amqp.AMQPError):
            return False

    def flush(self) -> None:
        """Forget all messages."""
        with amqp.Connection(f"127.0.0.1:{self.port}", connect_timeout=ANSWER_S, read_timeout=ANSWER_S) as connection:
            for queue in QUEUES:
                with contextlib.suppress(amqp.NotFound):  # which also closes the channel
                    connection.channel().queue_purge(queue)
