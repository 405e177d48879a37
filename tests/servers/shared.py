"""A server that all processes of a test run share, started by whoever needs it first.

xdist runs tests in several processes, none of which lives longest. So a process of its own, a keeper, starts the server. Each
user holds a lock on one file, which the kernel frees when the user ends, however that comes about; the keeper waits until
nobody holds it, ends the server, and goes.
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
    """What all get who ask for one of this kind with the same folder `run`; `server` is to be one that was never started.
    Nobody stops it or kills it. Raises ServerFailed."""
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
    """Returns when no keeper is left, and so no server, of a run whose users have gone."""
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
            start_new_session=True,  # Ctrl-C is not for it
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
