"""Hand-made requests, as clients send them."""

import contextlib
import socket
import time
from collections.abc import Callable
from typing import Any

from tests.api.conftest import Api
from tests.client import IN_TIME_S

BOUNDARY = "boundary"


def form(*parts: tuple[str, bytes], end: bool = True) -> dict[str, Any]:
    """A hand-made multipart body: pairs of Content-Disposition parameters and content."""
    body = b"".join(
        b"--%s\r\nContent-Disposition: form-data; %s\r\n\r\n%s\r\n" % (BOUNDARY.encode(), about.encode(), content)
        for about, content in parts
    )
    ending = f"--{BOUNDARY}--\r\n".encode() if end else b""
    return {"content": body + ending, "headers": {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}}


FILE = ('name="file"; filename="a"', b"x")


def talk(
    api: Api,
    *pieces: bytes,
    pause_s: float = 0,
    most_s: float = IN_TIME_S,
    until: Callable[[bytes], bool] = lambda received: False,
) -> bytes:
    """Send pieces and return what comes back until the server closes, `until` is true, or `most_s` pass in silence."""
    with socket.create_connection(("127.0.0.1", api.port), timeout=most_s) as connection:
        for piece in pieces:
            with contextlib.suppress(OSError):
                connection.sendall(piece)
            time.sleep(pause_s)
        received = b""
        with contextlib.suppress(ConnectionError, TimeoutError):
            while not until(received) and (more := connection.recv(100_000)):
                received += more
        return received


def chunks(total: int) -> Any:
    for _ in range(total // 1000):
        yield b"x" * 1000
    yield b"x" * (total % 1000)


CROSS_SITE = [
    {"Origin": "https://other.example"},
    {"Origin": "null"},
    {"Origin": "http://localhost:1"},
    {"Origin": "http://127.0.0.1"},
    {"Origin": "nonsense"},
    {"Origin": ""},
    {"Origin": "http://["},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "same-site", "Origin": "http://localhost:1"},
]
