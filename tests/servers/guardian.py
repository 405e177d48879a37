"""Makes sure that servers never outlive the tests that started them, however those end.

A server's processes are found by their working directory, which is always in the server's folder. That also holds for
processes they fork, in whatever session or group, and after their parent has ended. PR_SET_PDEATHSIG would not work: it
fires at the end of the *thread* that forked, and does not reach grandchildren or processes suspended by SIGSTOP.

Run as a program, this waits until its parent has ended, however that came about. It imports nothing that takes long.
"""

import contextlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import psutil

GONE_S = 60  # for the kernel to end killed processes

_guardian: subprocess.Popen[bytes] | None = None


def guard(folder: Path) -> None:
    """When this process ends: kill what works in that folder, and remove the folder."""
    global _guardian
    if _guardian is None:
        _guardian = subprocess.Popen(
            [sys.executable, "-P", __file__],
            cwd="/",
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # must not receive Ctrl-C
        )
    assert _guardian.stdin is not None
    _guardian.stdin.write(f"{folder}\n".encode())
    _guardian.stdin.flush()


def processes_in(folders: Sequence[Path]) -> list[psutil.Process]:
    """All processes that work in or below these folders, except this one; parents mostly before their children."""
    return [
        process
        for process in psutil.process_iter()
        if process.pid != os.getpid() and any(_cwd(process).is_relative_to(folder) for folder in folders)
    ]


def kill_all_in(folders: Sequence[Path]) -> None:
    """SIGKILL them and whatever they forked meanwhile; returns when none is left. Raises TimeoutError."""
    deadline = time.monotonic() + GONE_S
    while processes := processes_in(folders):
        if time.monotonic() > deadline:
            raise TimeoutError(f"killed, and still there after {GONE_S} s: {processes}")
        for process in processes:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        time.sleep(0.01)


def _cwd(process: psutil.Process) -> Path:
    try:
        return Path(process.cwd() or "/")
    except (psutil.Error, OSError):  # gone, a zombie, or another user's
        return Path("/")


def _main() -> None:
    with contextlib.suppress(psutil.NoSuchProcess):
        # Not the end of stdin: a child that the tests forked would hold it open.
        psutil.Process(os.getppid()).wait()
    os.set_blocking(0, False)
    folders = [Path(line) for line in (os.read(0, 1 << 20) or b"").decode().splitlines()]
    with contextlib.suppress(TimeoutError):
        kill_all_in(folders)
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    _main()
