"""The processes of `md5-service up`: one parent starts, watches, restarts and stops them."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

PR_SET_PDEATHSIG = 1  # linux/prctl.h
FIRST_DELAY_S, LONGEST_DELAY_S = 0.1, 10.0  # before a process that died soon after its start is restarted
KILLED_S = 5.0  # for the kernel to end a killed process
STABLE_S = 5.0  # a process that lived this long is restarted without a longer delay


def die_with_parent() -> None:
    """Call it in the child: the kernel then kills it when `up` dies, for whatever reason. Linux only; elsewhere the next start
    finds what is left running."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Process(Protocol):
    """A running process; `subprocess.Popen` is one."""

    pid: int
    returncode: int | None

    def poll(self) -> int | None: ...
    def wait(self, timeout: float) -> int: ...
    def terminate(self) -> None: ...


def run(command: Sequence[str], environment: Mapping[str, str], folder: Path) -> subprocess.Popen[bytes]:
    """Start a process in a group of its own, which dies with this process."""
    return subprocess.Popen(
        command,
        env=environment,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        start_new_session=True,  # on Ctrl-C, `up` stops its processes in order
        preexec_fn=die_with_parent,
    )


@dataclass
class SupervisedProcess:
    """One process, with its children in a group of their own, that must run as long as the service does."""

    name: str
    launch: Callable[[], Process]
    clear_up: Callable[[], None] = lambda: None  # after a death, before the restart
    deaths: int = 0
    is_hopeless: bool = False  # its exit code said that it cannot start until its configuration is changed
    _process: Process | None = None
    _started_at: float = 0.0
    _delay_s: float = field(default=FIRST_DELAY_S)
    _again_at: float = 0.0

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def has_begun(self) -> bool:
        """Whether it has reported that it is ready; always true for a process that cannot report it."""
        return self.is_running and getattr(self._process, "has_begun", True)

    def start(self) -> None:
        """A failure to start counts as a death."""
        self._started_at = time.monotonic()
        try:
            self._process = self.launch()
        except OSError:
            self._note_death()

    def look_after(self) -> str | None:
        """Restart the process if it has died. Returns a line about its death when it has just been noticed."""
        if self.is_running:
            return None
        if self._process is not None:
            ended = self._process.returncode or 0
            self.kill()  # its children must not continue without it
            with contextlib.suppress(OSError):
                self.clear_up()
            self._process = None
            self._note_death()
            self.is_hopeless = ended == os.EX_CONFIG
            how = f"was ended by signal {-ended}" if ended < 0 else f"exited with code {ended}"
            return f"{self.name} {how}{'' if self.is_hopeless else '; restarting it'}"
        if time.monotonic() >= self._again_at:
            self.start()
        return None

    def _note_death(self) -> None:
        now = time.monotonic()
        self.deaths += 1
        is_stable = now - self._started_at > STABLE_S
        self._delay_s = FIRST_DELAY_S if is_stable else min(2 * self._delay_s, LONGEST_DELAY_S)
        self._again_at = now + self._delay_s

    def ask_to_stop(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()

    def end(self, timeout_s: float) -> None:
        """Wait until the process has stopped; kill it and its children after the timeout."""
        if self._process is None:
            return
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(max(0.0, timeout_s))
        self.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(KILLED_S)

    def kill(self) -> None:
        """Kill the process and its children, without waiting; safe in a signal handler."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
