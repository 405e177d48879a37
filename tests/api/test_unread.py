"""Answers that the client does not read are cut off; those that it reads slowly are not."""

import select
import socket
from collections.abc import Callable

import pytest

from md5_service.api.http import protocol
from tests.api.conftest import Api
from tests.client import wait_for

LARGE = 1 << 20  # more than all buffers on the way hold


def asking(api: Api, path: str, *, and_close: bool = False) -> socket.socket:
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.settimeout(10)
    connection.connect(("127.0.0.1", api.port))
    close = "Connection: close\r\n" if and_close else ""
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n{close}\r\n".encode())
    return connection


def is_cut_off(connection: socket.socket) -> bool:
    poll = select.poll()
    poll.register(connection, 0)
    return any(event & select.POLLERR for _, event in poll.poll(0))


@pytest.mark.parametrize("and_close", [False, True])
@pytest.mark.parametrize("size", [100_000, LARGE])
def test_a_download_that_is_not_read_is_cut_off(start_api: Callable[..., Api], size: int, and_close: bool) -> None:
    api = start_api(send_timeout_s=0.2)
    task_id = api.client.post("/v1/tasks", content=bytes(size)).json()["id"]
    with asking(api, f"/v1/tasks/{task_id}/file", and_close=and_close) as connection:
        wait_for(lambda: is_cut_off(connection), "the connection to end")


def test_a_download_that_is_read_slowly_arrives(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    task_id = api.client.post("/v1/tasks", content=b"x" * LARGE).json()["id"]
    paused: list[protocol.Protocol] = []
    pause = protocol.Protocol.pause_writing

    def noting(served: protocol.Protocol) -> None:
        paused.append(served)
        pause(served)

    monkeypatch.setattr(protocol.Protocol, "pause_writing", noting)
    with asking(api, f"/v1/tasks/{task_id}/file", and_close=True) as connection, connection.makefile("rb") as coming:
        wait_for(lambda: bool(paused), "the server to wait")
        [served] = set(paused)
        received = b""
        for _ in range(4):
            received += coming.read(150_000)
            wait_for(lambda: served.transport.get_write_buffer_size() < served._unsent, "the server to notice")
            looked = served._look
            assert looked
            served.loop.call_soon_threadsafe(served._end_unless_taken)  # as if the time had passed
            wait_for(lambda old=looked: served._look is not old, "a look")  # type: ignore[misc]
        received += coming.read()
    assert received.count(b"x") >= LARGE
