"""Sends requests byte for byte; a client library would correct the malformed ones."""

import contextlib
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPResponse

from tests.client import IN_TIME_S


@dataclass(frozen=True)
class Answer:
    """An answer as it came; header names are lower-case."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str:
        return next((value for other, value in self.headers if other == name), "")


class Line:
    """A connection to the port of an API on this machine; reconnects after it was closed."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._open: socket.socket | None = None

    @property
    def is_open(self) -> bool:
        """Whether the next request uses the same connection."""
        return self._open is not None

    def ask(self, method: str, target: bytes, *headers: bytes, body: bytes = b"") -> Answer:
        """Send one request; `Host` is added if missing, and `Content-Length` if there is a body."""
        lines = list(headers)
        if not any(line.lower().startswith(b"host:") for line in lines):
            lines.insert(0, b"Host: 127.0.0.1:%d" % self._port)
        if body or method == "POST":
            lines.append(b"Content-Length: %d" % len(body))
        return self.send(b"\r\n".join([b"%s %s HTTP/1.1" % (method.encode(), target), *lines, b"", body]), method)

    def send(self, request: bytes, method: str = "POST") -> Answer:
        """Send bytes as they are, and read one answer."""
        if self._open is None:
            self._open = socket.create_connection(("127.0.0.1", self._port), timeout=IN_TIME_S)
        self._open.sendall(request)
        with HTTPResponse(self._open, method=method) as response:
            response.begin()
            answer = Answer(
                response.status, [(name.lower(), value) for name, value in response.getheaders()], response.read()
            )
            if response.will_close:
                with contextlib.suppress(ConnectionResetError):  # if the server did not read everything
                    assert self._open.recv(1) == b""  # nothing follows
                self.close()
        return answer

    def close(self) -> None:
        if self._open is not None:
            self._open.close()
        self._open = None


def replaced(text: str, given: Mapping[str, str]) -> str:
    """`text` with its placeholders replaced."""
    for name, value in given.items():
        text = text.replace(name, value)
    return text
