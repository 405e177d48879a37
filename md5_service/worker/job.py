"""What a kind is given to work with, and what it may answer: nothing of the queue, and of the database only where its rows go."""

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
BLOCK = 4 << 20  # bytes: large enough that to wait for one another costs the two threads nothing


class Transaction(Protocol):
    """Runs a step in a transaction of its own."""

    def __call__(self, step: Callable[[Connection], T], /) -> T: ...


@dataclass(frozen=True)
class Rows:
    """Rows of the kind's own. `steps` are short transactions, each under the lease, that may be done again and change nothing
    then; the last one, `finish`, is also that which ends the task, and tells its result. `done`: of a part, how much of the
    file's progress this was."""

    steps: Iterable[Callable[[Connection], None]]
    finish: Callable[[Connection], Result]
    done: int = 0


@dataclass(frozen=True)
class Cut:
    """The file is to be done in parts, by all workers. Each of these is a job of its own, with `plan`, and so is the closing,
    when all have ended. `total`: of the progress, in `unit`s."""

    slices: Sequence[Slice]
    plan: Mapping[str, Any]
    total: int
    unit: str


@dataclass(frozen=True)
class Means:
    """What every job of a worker works with. `in_transaction` does a short step with the database while the work is under way,
    and returns what that returns."""

    bucket: Bucket
    settings: Settings
    in_transaction: Transaction


class Job:
    """One attempt at a file, the whole of it."""

    def __init__(self, claim: Claim, beat: Beat, means: Means) -> None:
        self.task_id = claim.file_id  # of the whole file
        self.owner = claim.owner
        self.filename = claim.filename
        self.size = claim.size  # bytes, of the part where it is one
        self.params: Mapping[str, Any] = claim.params
        self.where = claim.part or Slice(0, claim.size, 1)
        self.settings = means.settings
        self.in_transaction = means.in_transaction
        self._claim = claim
        self._bucket = means.bucket
        self._beat = beat

    def blocks(self) -> Iterator[memoryview]:
        """The stored bytes in order, up to 4 MiB at a time, each valid until the next is asked for.

        Carries the progress up, and stops with LeaseLost between two blocks when the task is no longer ours. Raises
        BytesMissing when the stored bytes are gone or fewer than were received.
        """
        done = 0
        for block in self._in_database() if self._claim.content is not None else self._in_bucket():
            yield block
            done += len(block)
            self._beat.progress = done
            self.check()
        if done != self.size:
            raise BytesMissing(f"of {self.size} bytes received, {done} are stored; hand the file over again")

    def check(self) -> None:
        """Raises LeaseLost when the task is no longer ours: it was cancelled, say. Work that takes longer than a second without
        asking for a block calls it about once a second."""
        if self._beat.lost:
            raise LeaseLost(self._claim.id)

    def content(self) -> bytes:
        """All of it at once: for what is known to be small, such as a part. Raises as `blocks` does."""
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
    """One attempt at a part of a file; `where` it is, and the `plan` of the cut."""

    def __init__(self, claim: Claim, beat: Beat, means: Means) -> None:
        super().__init__(claim, beat, means)
        self.plan = claim.plan or {}


class Closing(Job):
    """One attempt at the closing of a file, all parts of which have ended: the `plan` of the cut, and what came of them in the
    file's order (`ended`)."""

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
    """Each block is read, by a thread, while the one before it is worked on."""
    buffers = [memoryview(bytearray(BLOCK)) for _ in range(2)]
    with ThreadPoolExecutor(1, thread_name_prefix="reader") as reader:
        reading = reader.submit(file.readinto, buffers[0])
        while count := reading.result():
            current, following = buffers
            reading = reader.submit(file.readinto, following)
            yield current[:count]
            buffers.reverse()
