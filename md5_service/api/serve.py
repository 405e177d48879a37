"""The API on a socket that somebody else holds, as `md5-service up` has it launched; `python -m md5_service.api.serve FD` is
the same.

The socket outlives this process, so a client that comes while the API is started again waits a moment and is served.
"""

import signal
import socket
import sys

import uvicorn

from md5_service.api.app import app_of_process
from md5_service.api.http.protocol import Protocol

GRACE_S = 5  # for requests under way when the process is asked to stop


def main(descriptor: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the supervisor's
    config = uvicorn.Config(
        app_of_process(),
        http=Protocol,
        log_config=None,  # as everybody else
        access_log=False,
        timeout_graceful_shutdown=GRACE_S,
        timeout_keep_alive=30,
        lifespan="on",
    )
    listening = socket.socket(fileno=descriptor)
    uvicorn.Server(config).run(sockets=[listening])


if __name__ == "__main__":
    main(int(sys.argv[1]))
