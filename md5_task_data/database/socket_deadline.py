"""How long a server may take to answer. libpq has no limit for that: a server that hangs, or a connection that a firewall
has dropped, would block its caller, and a connection of the pool, forever."""

import contextlib
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

TICK_S = 0.1


class SocketDeadline:
    """Shuts a socket down when its time is over, so that the driver reading from it finds the connection broken. The thread
    starts with the first limit, so an instance may be created before a fork."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._some = threading.Condition(self._lock)
        self._ends: dict[object, tuple[float, int]] = {}
        self._thread: threading.Thread | None = None

    @contextmanager
    def limit(self, descriptor: int, seconds: float) -> Iterator[None]:
        """Shut this socket down if the block takes longer."""
        token = object()
        with self._some:
            if self._thread is None:
                self._thread = threading.Thread(target=self._watch, name="socket-deadline", daemon=True)
                self._thread.start()
            if not self._ends:
                self._some.notify()
            self._ends[token] = time.monotonic() + seconds, descriptor
        try:
            yield
        finally:
            with self._lock:  # from here on the watcher leaves the descriptor alone: its number may be reused
                self._ends.pop(token, None)

    def _watch(self) -> None:
        while True:
            with self._some:
                while not self._ends:
                    self._some.wait()
                now = time.monotonic()
                for token in [token for token, (end, _) in self._ends.items() if end < now]:
                    _shut(self._ends.pop(token)[1])
            time.sleep(TICK_S)


def _shut(descriptor: int) -> None:
    with contextlib.suppress(OSError), socket.socket(fileno=os.dup(descriptor)) as connection:
        connection.shutdown(socket.SHUT_RDWR)
