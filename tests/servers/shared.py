"""A server that all processes of a test run share, started by the first one that needs it.

xdist runs tests in several processes, any of which may end first. So a separate process, a keeper, starts the server.
Each user holds a lock on one file, which the kernel releases when the user ends, however that happens; the keeper waits
until nobody holds it, then ends the server and itself.
"""

import contextlib
import fcntl
import pickle
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

from tests.checkout import ROOT
from tests.servers.server import DatabaseServer, Server, ServerFailed

Shared = TypeVar("Shared", bound=Server)


@contextlib.contextmanager
def shared(server: Shared, run: Path) -> Iterator[Shared]:
    """The server of this kind that all callers with the same folder `run` share; `server` must never have been started.
    Nobody may stop or kill it. Raises ServerFailed."""
    place = run / type(server).__name__
    with open(f"{place}.users", "a") as users:
        with open(f"{place}.turn", "a") as turn:
            fcntl.flock(turn, fcntl.LOCK_EX)
            fcntl.flock(users, fcntl.LOCK_SH)  # waits while an earlier keeper ends its server
            started = Path(f"{place}.started")
            if not started.exists():
                _keep(server, place)
            theirs: Shared = pickle.loads(started.read_bytes())
        if theirs.folder != server.folder:  # another process was first
            server.folder.rmdir()
        yield theirs


def all_ended(run: Path) -> None:
    """Returns when no keeper, and so no server, is left of a run whose users have exited."""
    for path in run.glob("*.users"):
        with open(path) as users:
            fcntl.flock(users, fcntl.LOCK_EX)


def _keep(server: Server, place: Path) -> None:
    with open(f"{place}.log", "wb") as log:
        keeper = subprocess.Popen(
            [sys.executable, "-m", "tests.servers.shared", str(place)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            start_new_session=True,  # must not receive Ctrl-C
        )
    assert keeper.stdin is not None
    assert keeper.stdout is not None
    with keeper.stdin as stdin:
        stdin.write(pickle.dumps(server))
    if keeper.stdout.readline() != b"started\n":
        raise ServerFailed(Path(f"{place}.log").read_text())


def _main(place: str) -> None:
    server: Server = pickle.loads(sys.stdin.buffer.read())
    started = Path(f"{place}.started")
    with server, open(f"{place}.users") as users:
        if isinstance(server, DatabaseServer):
            server.migrate()
        started.write_bytes(pickle.dumps(server))
        print("started", flush=True)
        fcntl.flock(users, fcntl.LOCK_EX)
        started.unlink()
        server.end()


if __name__ == "__main__":
    _main(sys.argv[1])
