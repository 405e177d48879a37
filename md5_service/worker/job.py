"""What a kind is given to work with, and what it may return. Kinds know nothing of the queue, and of the database only
where their rows go."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from io import FileIO
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection

from md5_service.settings import Settings
from md5_service.worker.heartbeat import Beat
from md5_task_data.bucket.folder import Bucket
from md5_task_data.errors import BytesMissing, LeaseLost
from md5_task_data.kinds.kind import Result
from md5_task_data.queue.leases import Claim, Slice

T = TypeVar("T")
BLOCK = 4 << 20  # bytes; large enough that switching between the two threads costs nothing


class Transaction(Protocol):
    """Runs a step in a transaction of its own, and returns its result."""

    def __call__(self, step: Callable[[Connection], T], /) -> T: ...


@dataclass(frozen=True)
class Rows:
    """The rows of a kind. `steps` are short transactions, each under the lease; running one again must change nothing. The
    last one, `finish`, also finishes the task and returns its result. `done`: for a part, its share of the file's
    progress."""

    steps: Iterable[Callable[[Connection], None]]
    finish: Callable[[Connection], Result]
    done: int = 0


@dataclass(frozen=True)
class Cut:
    """The file is to be processed in parts, by all workers. Each part becomes a job with this `plan`, and so does the
    closing, when all parts have finished. `total`: the file's progress when complete, in `unit`s.

    The last part may be cut again: for that, `part` returns a Cut, of which only `slices` counts."""

    slices: Sequence[Slice]
    plan: Mapping[str, Any]
    total: int
    unit: str


@dataclass(frozen=True)
class Means:
    """What every job of a worker works with. `in_transaction` runs a short database step during the work and returns its
    result."""

    bucket: Bucket
    settings: Settings
    in_transaction: Transaction


class Job:
    """One attempt at a whole file."""

    def __init__(self, claim: Claim, beat: Beat, means: Means) -> None:
        self.task_id = claim.file_id  # of the whole file
        self.owner = claim.owner
        self.filename = claim.filename
        self.size = claim.size  # bytes, of the part if it is one
        self.params: Mapping[str, Any] = claim.params
        self.where = claim.part or Slice(0, claim.size, 1)
        self.settings = means.settings
        self.in_transaction = means.in_transaction
        self._claim = claim
        self._bucket = means.bucket
        self._beat = beat

    def blocks(self) -> Iterator[memoryview]:
        """The stored bytes in order, up to 4 MiB at a time. Each block is valid until the next one is requested.

        Reports the progress, and raises LeaseLost between two blocks if the task is no longer ours. Raises BytesMissing
        if the stored bytes are gone or are fewer than were received.
        """
        done = 0
        for block in self._in_database() if self._claim.content is not None else self._in_bucket():
            yield block
            done += len(block)
            self._beat.progress = done
            self.check()
        if done != self.size:
            raise BytesMissing(f"Only {done} of the {self.size} bytes received are stored. Upload the file again.")

    def read(self, offset: int, size: int) -> bytes:
        """These bytes of the whole file, at any time and in any order. Raises BytesMissing."""
        if self._claim.content is not None:
            return self._claim.content[offset : offset + size]
        with self._bucket.open(self._claim.file_id) as file:
            content = os.pread(file.fileno(), size, offset)
        if len(content) < size:
            raise BytesMissing(f"Only {offset + len(content)} bytes of the file are stored. Upload it again.")
        return content

    def check(self) -> None:
        """Raises LeaseLost if the task is no longer ours, for example because it was cancelled. Work that takes longer than
        a second between two blocks must call this about once per second."""
        if self._beat.lost:
            raise LeaseLost(self._claim.id)

    def content(self) -> bytes:
        """All bytes at once; only for what is known to be small, such as a part. Raises as `blocks` does."""
        return b"".join(map(bytes, self.blocks()))

    def _in_database(self) -> Iterator[memoryview]:
        content = memoryview(self._claim.content or b"")
        yield content[self.where.offset :][: self.size]

    def _in_bucket(self) -> Iterator[memoryview]:
        with self._bucket.open(self._claim.file_id) as file:
            if self._claim.part is not None:
                yield from _read_part(file, self.where)
            else:
                yield from _read_ahead(file) if self.size > BLOCK else _read(file, self.size)


class Part(Job):
    """One attempt at a part of a file: its position is `where`; `plan` is the plan of the cut."""

    def __init__(self, claim: Claim, beat: Beat, means: Means) -> None:
        super().__init__(claim, beat, means)
        self.plan = claim.plan or {}


class Closing(Job):
    """One attempt at closing a file whose parts have all finished: `plan` is the plan of the cut, `ended` has the results
    of the parts in file order."""

    def __init__(self, claim: Claim, beat: Beat, means: Means) -> None:
        super().__init__(claim, beat, means)
        self.plan = claim.plan or {}
        self.ended = claim.ended


def _read(file: FileIO, size: int) -> Iterator[memoryview]:
    buffer = memoryview(bytearray(size + 1))
    while count := file.readinto(buffer):
        yield buffer[:count]


def _read_part(file: FileIO, part: Slice) -> Iterator[memoryview]:
    file.seek(part.offset)
    buffer, left = memoryview(bytearray(min(part.size, BLOCK))), part.size
    while left and (count := file.readinto(buffer[:left])):
        yield buffer[:count]
        left -= count


def _read_ahead(file: FileIO) -> Iterator[memoryview]:
    """A thread reads each block while the one before it is processed."""
    buffers = [memoryview(bytearray(BLOCK)) for _ in range(2)]
    with ThreadPoolExecutor(1, thread_name_prefix="reader") as reader:
        reading = reader.submit(file.readinto, buffers[0])
        while count := reading.result():
            current, following = buffers
            reading = reader.submit(file.readinto, following)
            yield current[:count]
            buffers.reverse()
