"""The API on a socket that somebody else holds, as `md5-service up` has it launched; `python -m md5_service.api.serve FD` is
the same.

The socket outlives this process, so a client that comes while the API is started again waits a moment and is served.
"""

import signal
import socket
import sys

import uvicorn

from md5_service import logs
from md5_service.api.app import create_app
from md5_service.api.http.protocol import Protocol
from md5_service.settings import settings_of_process

GRACE_S = 5  # for requests under way when the process is asked to stop


def main(descriptor: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the supervisor's
    settings = settings_of_process()
    logs.configure(settings.log_level)
    config = uvicorn.Config(
        create_app(settings),
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
