"""Where the bytes of an upload go: few are held, to be stored with their row, and many go to the disk."""

import asyncio
import hashlib
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from md5_task_data.bucket.folder import Incoming
from md5_task_data.errors import TooLarge

BLOCK = 1 << 20  # bytes that are handed to the disk at once
MAX_PIECES = 256  # chunks that are held until then, however small
SYNCED_AT_ONCE = 32 << 20  # bytes: the disk begins with them while more come, and has less left to do at the end
LONGEST_HELD_S = 60  # for which they are: a file that nothing was written to for a day is an orphan, and swept

_disk = ThreadPoolExecutor(max_workers=16, thread_name_prefix="disk")


class Sink:
    """Takes the bytes of a file. Up to `small` of them are held (0: none); more are written to disk, in a thread, while the
    next are received: then it holds at most two blocks."""

    def __init__(
        self, begin: Callable[[], Incoming], max_bytes: int, *, small: int = 0, with_digest: bool = False
    ) -> None:
        self.size = 0
        self.content: bytes | None = None  # all bytes, after `finish`, where they were held
        self._begin = begin
        self._incoming: Incoming | None = None
        self._digest = hashlib.blake2b(digest_size=32) if with_digest else None
        self._max_bytes = max_bytes
        self._small = small
        self._pieces: list[bytes | memoryview] = []
        self._held = 0
        self._writing: asyncio.Future[None] | None = None
        self._syncing: Future[None] | None = None
        self._unsynced = 0
        self._passed_on_at = time.monotonic()

    async def expect(self, size: int) -> None:
        """Have room on the disk for so many bytes (0: nobody knows how many), before they come. Raises StorageFull,
        DependencyAway."""
        if size > self._small:
            self._writing = asyncio.get_running_loop().run_in_executor(_disk, self._write, [])
            await self._written()

    def add(self, piece: bytes | memoryview) -> None:
        """Take bytes; call `pass_on` soon after. Raises TooLarge."""
        self.size += len(piece)
        if self.size > self._max_bytes:
            raise too_large(self._max_bytes)
        self._held += len(piece)
        self._pieces.append(piece)

    async def pass_on(self, *, at_least: int = BLOCK) -> None:
        """Hand what is held to the disk once it is a block, or has waited. Raises StorageFull, DependencyAway."""
        has_waited = time.monotonic() - self._passed_on_at > LONGEST_HELD_S
        if self._held >= at_least or len(self._pieces) >= MAX_PIECES or has_waited:
            self._passed_on_at = time.monotonic()
            await self._written()
            pieces, self._pieces, self._held = self._pieces, [], 0
            self._writing = asyncio.get_running_loop().run_in_executor(_disk, self._write, pieces)

    async def finish(self) -> None:
        """All bytes have come: wait until they are handed to the disk, or hold them. Raises as `pass_on` does."""
        if self._writing is None and 0 < self._small >= self.size:
            self.content = b"".join(self._pieces)
            self._add_to_digest(self._pieces)
        else:
            await self.pass_on(at_least=0)
            await self._written()

    def digest(self) -> bytes:
        """A digest of all bytes, where one was asked for, after `finish`."""
        return self._digest.digest() if self._digest else b""

    async def store(self) -> None:
        """Make durable what is on the disk. Raises as `pass_on` does."""
        if self._incoming is not None:
            if self._syncing is not None:
                await asyncio.wrap_future(self._syncing)  # an error of the disk is told once, and perhaps to this
            await asyncio.get_running_loop().run_in_executor(_disk, self._incoming.store)

    async def discard(self) -> None:
        """Leave nothing behind. No thread still writes when this returns."""
        if self._writing is not None:
            await asyncio.wait([self._writing])
        if self._syncing is not None:
            await asyncio.gather(asyncio.wrap_future(self._syncing), return_exceptions=True)
        if self._incoming is not None:
            await asyncio.get_running_loop().run_in_executor(_disk, self.forget)

    def forget(self) -> None:
        """Remove what is on the disk, stored or not."""
        if self._incoming is not None:
            self._incoming.discard()

    def _write(self, pieces: list[bytes | memoryview]) -> None:
        self._add_to_digest(pieces)
        if self._incoming is None:
            self._incoming = self._begin()
        self._incoming.write(pieces)
        self._unsynced += sum(map(len, pieces))
        if self._unsynced >= SYNCED_AT_ONCE:
            self._begin_sync(self._incoming)

    def _begin_sync(self, incoming: Incoming) -> None:
        if self._syncing is not None:
            if not self._syncing.done():
                return
            self._syncing.result()
        self._unsynced = 0
        self._syncing = _disk.submit(incoming.sync)

    def _add_to_digest(self, pieces: list[bytes | memoryview]) -> None:
        if self._digest is not None:
            for piece in pieces:
                self._digest.update(piece)

    async def _written(self) -> None:
        if self._writing is not None:
            await asyncio.shield(self._writing)


def too_large(max_bytes: int) -> TooLarge:
    return TooLarge(f"The file is larger than {max_bytes} bytes, the limit of this service; nothing was stored.")
