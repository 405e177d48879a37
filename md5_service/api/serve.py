"""Serves the API on a socket that another process holds: `python -m md5_service.api.serve FD`. `md5-service up` uses it.

The socket outlives this process, so a client that connects while the API restarts waits a moment and is served.
"""

import signal
import socket
import sys

import uvicorn

from md5_service.api.app import app_of_process
from md5_service.api.http.protocol import Protocol

GRACE_S = 5  # for requests in progress when the process is asked to stop


def main(descriptor: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the supervisor handles Ctrl-C
    config = uvicorn.Config(
        app_of_process(),
        http=Protocol,
        log_config=None,  # app_of_process has configured logging
        access_log=False,
        timeout_graceful_shutdown=GRACE_S,
        timeout_keep_alive=30,
        lifespan="on",
    )
    listening = socket.socket(fileno=descriptor)
    uvicorn.Server(config).run(sockets=[listening])


if __name__ == "__main__":
    main(int(sys.argv[1]))
