"""A kind for a copy of the repository: some of its files kill, hang or exhaust the worker, each in its own way."""

import contextlib
import ctypes
import hashlib
import os
import signal
import time
from pathlib import Path
from typing import NoReturn

from md5_service.worker.job import Job
from md5_task_data.kinds.kind import Result

SLOW_S = 2.5  # longer than the tests' lease, shorter than their stall limit
HELD_S = 1  # longer than a heartbeat's interval


class Survived(Result):
    md5: str
    pid: int


def work(job: Job) -> Survived:
    """The MD5 and who computed it, unless the bytes name a poison; whoever takes a poison is recorded first."""
    content = b"".join(bytes(block) for block in job.blocks())
    if poison := POISONS.get(content):
        with open(Path(os.environ["POISONED"]), "a") as poisoned:
            poisoned.write(f"{content.decode()} {os.getpid()}\n")
        poison()
    if content.startswith(b"slow"):
        time.sleep(SLOW_S)
    return Survived(md5=hashlib.md5(content).hexdigest(), pid=os.getpid())


def kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def abort() -> None:
    os.abort()


def hang() -> NoReturn:
    while True:
        time.sleep(3600)


def deaf() -> None:
    """A call of C code that lets no other thread run and never returns."""
    ctypes.PyDLL(None).sleep(3600)


def memory() -> NoReturn:
    held = []
    while True:
        held.append(bytearray(1 << 20))


def crumbs() -> NoReturn:
    """As `memory`, but to the last byte, and held for a moment: nothing else in the process finds memory, either."""
    held: object = None
    for size in (1 << 20, *range(4096, 0, -16)):
        with contextlib.suppress(MemoryError):
            while True:
                held = held, bytes(size)
    until = time.monotonic() + HELD_S
    while time.monotonic() < until:
        pass
    raise MemoryError


POISONS = {poison.__name__.encode(): poison for poison in (kill, abort, hang, deaf, memory, crumbs)}
