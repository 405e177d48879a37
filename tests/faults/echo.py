"""A server that sends everything back, and what its client sees."""

import contextlib
import socket
import socketserver
from collections.abc import Iterator

from tests.faults.proxy import Proxy

SILENCE_S = 0.3


class Echo(socketserver.ThreadingTCPServer):
    """Sends back what it receives, and keeps it in `got`."""

    daemon_threads = True
    request_queue_size = 128  # more than any test connects; TCP would retry the rest only after seconds
    keeps = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _EchoOne)
        self.got = bytearray()
        self.ends: list[str] = []


class _EchoOne(socketserver.BaseRequestHandler):
    server: Echo
    request: socket.socket

    def handle(self) -> None:
        try:
            while chunk := self.request.recv(65536):
                if self.server.keeps:
                    self.server.got += chunk
                self.request.sendall(chunk)
            self.server.ends.append("closed")
        except OSError:
            self.server.ends.append("reset")


@contextlib.contextmanager
def connected(proxy: Proxy) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=10) as connection:
        yield connection


def works(connection: socket.socket, word: bytes = b"word") -> bool:
    connection.sendall(word)
    return received(connection, len(word)) == word


def received(connection: socket.socket, n_bytes: int) -> bytes:
    """This many bytes, or those before an end or reset."""
    got = b""
    with contextlib.suppress(ConnectionResetError):
        while len(got) < n_bytes and (chunk := connection.recv(n_bytes - len(got))):
            got += chunk
    return got


def is_reset(connection: socket.socket) -> bool:
    try:
        return connection.recv(1) == b"never"
    except ConnectionResetError:
        return True


def is_silent(connection: socket.socket) -> bool:
    connection.settimeout(SILENCE_S)
    try:
        return connection.recv(1) == b"never"
    except TimeoutError:
        return True
    finally:
        connection.settimeout(10)
