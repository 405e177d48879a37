"""The API on a socket that somebody else holds: `python -m md5_service.api.serve FD`, as `md5-service up` starts it.

The socket outlives this process, so a client that comes while the API is started again waits a moment and is served.
"""

import signal
import socket
import sys
from types import FrameType

import uvicorn

from md5_service import logs
from md5_service.api.app import create_app
from md5_service.api.watch import Watcher
from md5_service.settings import read_settings

GRACE_S = 5  # for requests under way when the process is asked to stop


class Server(uvicorn.Server):
    """Ends the long polls when it is asked to stop, instead of waiting for them."""

    def __init__(self, config: uvicorn.Config, watcher: Watcher) -> None:
        super().__init__(config)
        self._watcher = watcher

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._watcher.release_all()
        super().handle_exit(sig, frame)


def main(descriptor: int) -> None:
    settings = read_settings()
    logs.configure(settings.log_level)
    app = create_app(settings)
    config = uvicorn.Config(
        app,
        log_config=None,  # as everybody else
        access_log=False,
        timeout_graceful_shutdown=GRACE_S,
        timeout_keep_alive=30,
        lifespan="on",
    )
    listening = socket.socket(fileno=descriptor)
    Server(config, app.state.services.watcher).run(sockets=[listening])


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the supervisor's
    main(int(sys.argv[1]))
