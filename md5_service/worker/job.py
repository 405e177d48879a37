"""What a kind is given to work with: a claimed task's bytes and parameters, and nothing of queue or database."""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from io import FileIO
from typing import Any

from md5_service.worker.heartbeat import Beat
from md5_task_data.bucket import Bucket
from md5_task_data.errors import BytesMissing, LeaseLost
from md5_task_data.leases import Claim

BLOCK = 4 << 20  # bytes: large enough that to wait for one another costs the two threads nothing


class Job:
    """One attempt at a task."""

    def __init__(self, claim: Claim, bucket: Bucket, beat: Beat) -> None:
        self.filename = claim.filename
        self.size = claim.size  # bytes
        self.params: Mapping[str, Any] = claim.params
        self._claim = claim
        self._bucket = bucket
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
            if self._beat.lost:
                raise LeaseLost(self._claim.id)
        if done != self.size:
            raise BytesMissing(f"of {self.size} bytes received, {done} are stored; hand the file over again")

    def _in_database(self) -> Iterator[memoryview]:
        yield memoryview(self._claim.content or b"")

    def _in_bucket(self) -> Iterator[memoryview]:
        with self._bucket.open(self._claim.id) as file:
            yield from _read_ahead(file) if self.size > BLOCK else _read(file, self.size)


def _read(file: FileIO, size: int) -> Iterator[memoryview]:
    buffer = memoryview(bytearray(size + 1))
    while count := file.readinto(buffer):
        yield buffer[:count]


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
