"""Collects the bytes of an upload: small files in memory, to be stored with their row, larger ones on disk."""

import asyncio
import hashlib
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from md5_task_data.bucket.folder import Incoming
from md5_task_data.errors import TooLarge

BLOCK = 1 << 20  # bytes that are written to disk at once
MAX_PIECES = 256  # chunks held in memory until then, however small
SYNCED_AT_ONCE = 32 << 20  # bytes: syncing starts while more arrive, so that less is left at the end
LONGEST_HELD_S = 60  # for which bytes are held: a file not written to for a day is an orphan, and swept

_disk = ThreadPoolExecutor(max_workers=16, thread_name_prefix="disk")


class Sink:
    """Takes the bytes of one file. Up to `small` bytes stay in memory (0: none). Larger files are written to disk in a thread
    while more bytes arrive; at most two blocks are then in memory."""

    def __init__(
        self, begin: Callable[[], Incoming], max_bytes: int, *, small: int = 0, with_digest: bool = False
    ) -> None:
        self.size = 0
        self.content: bytes | None = None  # all bytes, after `finish`, if they are in memory
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
        """Reserve space on disk for `size` bytes (0: unknown) before they arrive. Raises StorageFull, DependencyAway."""
        if size > self._small:
            self._writing = asyncio.get_running_loop().run_in_executor(_disk, self._write, [])
            await self._written()

    def add(self, piece: bytes | memoryview) -> None:
        """Add bytes; call `pass_on` soon after. Raises TooLarge."""
        self.size += len(piece)
        if self.size > self._max_bytes:
            raise too_large(self._max_bytes)
        self._held += len(piece)
        self._pieces.append(piece)

    async def pass_on(self, *, at_least: int = BLOCK) -> None:
        """Write the held bytes to disk if they fill a block or have waited long. Raises StorageFull, DependencyAway."""
        has_waited = time.monotonic() - self._passed_on_at > LONGEST_HELD_S
        if self._held >= at_least or len(self._pieces) >= MAX_PIECES or has_waited:
            self._passed_on_at = time.monotonic()
            await self._written()
            pieces, self._pieces, self._held = self._pieces, [], 0
            self._writing = asyncio.get_running_loop().run_in_executor(_disk, self._write, pieces)

    async def finish(self) -> None:
        """After the last byte: wait until all are written, or keep them in memory. Raises as `pass_on` does."""
        if self._writing is None and 0 < self._small >= self.size:
            self.content = b"".join(self._pieces)
            self._add_to_digest(self._pieces)
        else:
            await self.pass_on(at_least=0)
            await self._written()

    def digest(self) -> bytes:
        """The BLAKE2b digest of all bytes, after `finish`; empty without `with_digest`."""
        return self._digest.digest() if self._digest else b""

    async def store(self) -> None:
        """Make the bytes on disk durable. Raises as `pass_on` does."""
        if self._incoming is not None:
            if self._syncing is not None:
                await asyncio.wrap_future(self._syncing)  # the disk reports an error once, perhaps to this sync
            await asyncio.get_running_loop().run_in_executor(_disk, self._incoming.store)

    async def discard(self) -> None:
        """Remove everything. No thread is still writing when this returns."""
        if self._writing is not None:
            await asyncio.wait([self._writing])
        if self._syncing is not None:
            await asyncio.gather(asyncio.wrap_future(self._syncing), return_exceptions=True)
        if self._incoming is not None:
            await asyncio.get_running_loop().run_in_executor(_disk, self.forget)

    def forget(self) -> None:
        """Remove the bytes on disk, stored or not."""
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
