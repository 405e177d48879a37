"""A TCP proxy that does what networks do: it delays, cuts, loses and refuses."""

import asyncio
import contextlib
import fcntl
import functools
import select
import socket
import struct
import termios
import threading
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Concatenate, Literal, ParamSpec, Self, TypeVar

from tests.servers.server import free_port

HOST = "127.0.0.1"
CHUNK = 65536
ANSWER_S = 2.0  # for the server to carry out a request whose answer nobody will see
FLUSH_S = 1.0  # for the last bytes before a cut to arrive
END_S = 2.0
CALL_S = 10.0  # for the loop, on a busy machine
ENDLESS = 1 << 62
RESET = struct.pack("ii", 1, 0)  # zero linger time: closing sends RST

Direction = Literal["up", "down"]  # up: what clients send
P = ParamSpec("P")
T = TypeVar("T")


def _in_loop(
    method: Callable[Concatenate["Proxy", P], Coroutine[Any, Any, T]],
) -> Callable[Concatenate["Proxy", P], T]:
    """Runs in the loop's thread while the caller waits, so a fault is in force when the call returns."""

    @functools.wraps(method)
    def call(proxy: "Proxy", /, *args: P.args, **kwargs: P.kwargs) -> T:
        return asyncio.run_coroutine_threadsafe(method(proxy, *args, **kwargs), proxy._loop).result(CALL_S)

    return call


@dataclass(eq=False)
class _Connection:
    sockets: list[socket.socket]  # the client's and, once connected, the server's
    is_reset: bool = False
    is_half_open: bool = False
    relayed: dict[Direction, int] = field(default_factory=lambda: {"up": 0, "down": 0})
    answered: asyncio.Event | None = None  # set if the next answer must be swallowed
    relay: asyncio.Task[None] | None = None


class Proxy:
    """Relays each connection to a port of the loopback interface; all faults may be set and changed at any time, by any
    thread.

    Everything runs in one loop in one thread. If the server refuses, the client's connection is accepted and then
    reset.
    """

    def __init__(self, upstream_port: int) -> None:
        self.port = free_port()
        self.delay_s = 0.0  # delay of every chunk, both ways
        self.cuts = 0  # made by `cut_at`
        self._upstream = (HOST, upstream_port)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name=f"proxy-{self.port}", daemon=True)
        self._connections: dict[asyncio.Task[None], _Connection] = {}
        self._listening: socket.socket
        self._accepting: asyncio.Task[None] | None = None
        self._passable = asyncio.Event()
        self._passable.set()
        self._limits: dict[Direction, int] = {"up": ENDLESS, "down": ENDLESS}
        self._pattern, self._when, self._times = b"", "before", 0

    @_in_loop
    async def cut(self) -> int:
        """Reset all open connections, on both sides; returns how many."""
        return await self._cut_all()

    @_in_loop
    async def cut_after(self, n_bytes: int | None, direction: Direction) -> None:
        """Reset each connection after exactly this many bytes in this direction, counted from now on; None: no longer."""
        await self._take_in()
        self._limits[direction] = ENDLESS if n_bytes is None else n_bytes
        for connection in self._connections.values():
            connection.relayed[direction] = 0

    @_in_loop
    async def cut_at(self, pattern: bytes, *, when: Literal["before", "after"], times: int = 1) -> None:
        """Reset the connection at each of the next `times` chunks from clients that contain the pattern.

        "before": the chunk is never forwarded. "after": it is forwarded; the answer is swallowed, and the client's
        connection is reset when the answer has arrived, so that the request has been carried out; or after 2 s without
        an answer. A pattern that is split over two chunks is not found.
        """
        self._pattern, self._when, self._times = pattern, when, times

    @_in_loop
    async def half_open(self) -> int:
        """Connections that are open now are dead forever: nothing is closed or relayed, and what is sent is thrown away.
        Returns how many they are; later ones work."""
        await self._take_in()
        for connection in self._connections.values():
            connection.is_half_open = True
            if connection.relay is not None:
                connection.relay.cancel()
        return len(self._connections)

    @property
    def black_hole(self) -> bool:
        """While it is true, nothing passes. Existing connections hold what is sent and continue with it afterwards, as TCP does;
        connections made meanwhile are accepted and never answered, even afterwards."""
        return not self._passable.is_set()

    @black_hole.setter
    def black_hole(self, value: bool) -> None:
        self._set_black_hole(value)

    @_in_loop
    async def refuse(self) -> None:
        """Reset all connections, and refuse new ones."""
        await self._cut_all()
        if self._accepting is not None:
            self._accepting.cancel()
            await asyncio.wait([self._accepting])
            self._accepting = None
        await self._cut_all()

    @_in_loop
    async def accept(self) -> None:
        """Listen again, on the same port."""
        if self._accepting is None:
            self._listening = socket.create_server((HOST, self.port), backlog=1024)
            self._accepting = self._loop.create_task(self._accept_all(self._listening))

    def __enter__(self) -> Self:
        self._thread.start()
        try:
            self.accept()
        except OSError:  # another process has taken the port
            self.port = free_port()
            self.accept()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.refuse()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(END_S)
        assert not self._thread.is_alive()
        self._loop.close()

    @_in_loop
    async def _set_black_hole(self, value: bool) -> None:
        await self._take_in()
        if value:
            self._passable.clear()
        else:
            self._passable.set()

    async def _cut_all(self) -> int:
        await self._take_in()
        cut = list(self._connections.items())
        for serving, connection in cut:
            connection.is_reset = True
            serving.cancel()
        if cut:
            await asyncio.wait([serving for serving, _ in cut])
        return len(cut)

    async def _take_in(self) -> None:
        """Connections that clients have made but the kernel still holds count as open."""
        while self._accepting is not None and select.select([self._listening], [], [], 0)[0]:
            await asyncio.sleep(0.001)

    async def _accept_all(self, listening: socket.socket) -> None:
        with listening:
            listening.setblocking(False)
            while True:
                try:
                    client, _ = await self._loop.sock_accept(listening)
                except OSError:  # already gone, or no descriptor left
                    await asyncio.sleep(0.01)
                    continue
                connection = _Connection([client], is_half_open=self.black_hole)
                serving = self._loop.create_task(self._serve(connection))
                self._connections[serving] = connection
                serving.add_done_callback(self._connections.pop)

    async def _serve(self, connection: _Connection) -> None:
        """Serves a connection from beginning to end; nothing else closes its sockets."""
        try:
            if not connection.is_half_open:
                connection.relay = self._loop.create_task(self._relay(connection))
                try:
                    await connection.relay
                    return
                except asyncio.CancelledError:
                    if connection.is_reset:
                        raise
            await asyncio.gather(*(self._swallow(side) for side in connection.sockets))
        finally:
            for side in connection.sockets:
                if connection.is_reset:
                    side.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                side.close()

    async def _relay(self, connection: _Connection) -> None:
        client, upstream = connection.sockets[0], socket.socket()
        connection.sockets.append(upstream)
        for side in connection.sockets:
            side.setblocking(False)
            side.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            await self._loop.sock_connect(upstream, self._upstream)
            async with asyncio.TaskGroup() as both:
                both.create_task(self._pump(connection, "up", client, upstream))
                both.create_task(self._pump(connection, "down", upstream, client))
        except* OSError:  # cut by us or by one side; the other side must see the same
            connection.is_reset = True

    async def _pump(
        self, connection: _Connection, direction: Direction, source: socket.socket, target: socket.socket
    ) -> None:
        while chunk := await self._loop.sock_recv(source, CHUNK):
            if self.delay_s:
                await asyncio.sleep(self.delay_s)
            await self._passable.wait()
            if direction == "up" and self._times > 0 and self._pattern in chunk:
                await self._cut_here(connection, target, chunk)
            if direction == "down" and connection.answered is not None:
                connection.answered.set()
                continue
            left = self._limits[direction] - connection.relayed[direction]
            connection.relayed[direction] += len(chunk)
            await self._loop.sock_sendall(target, chunk[: max(left, 0)])
            if left <= len(chunk):
                await _until_arrived(target)
                raise ConnectionResetError
        await self._passable.wait()
        if direction == "down" and connection.answered is not None:
            connection.answered.set()  # the end, too, is an answer that nobody will see
        else:
            target.shutdown(socket.SHUT_WR)

    async def _cut_here(self, connection: _Connection, upstream: socket.socket, chunk: bytes) -> None:
        self._times -= 1
        self.cuts += 1
        if self._when == "after":
            connection.answered = asyncio.Event()
            await self._loop.sock_sendall(upstream, chunk)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(connection.answered.wait(), ANSWER_S)
        raise ConnectionResetError

    async def _swallow(self, source: socket.socket) -> None:
        source.setblocking(False)
        with contextlib.suppress(OSError):
            while await self._loop.sock_recv(source, CHUNK):
                pass
        await asyncio.Event().wait()  # what one side has closed stays open for the other


async def _until_arrived(target: socket.socket) -> None:
    """A reset would discard what is still on its way."""
    deadline = asyncio.get_running_loop().time() + FLUSH_S
    while asyncio.get_running_loop().time() < deadline:
        if not struct.unpack("i", fcntl.ioctl(target, termios.TIOCOUTQ, b"\0\0\0\0"))[0]:
            return
        await asyncio.sleep(0.005)
