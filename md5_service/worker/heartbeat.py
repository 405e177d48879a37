"""Two threads a worker process keep the leases of the tasks that are being worked on, and end what will never end.

`heartbeat` extends the leases, carries progress up and the loss of the lease down; when the work makes no progress for
`stall_s`, it counts that against the task and kills this very process: nothing else interrupts a call that hangs.
`alarm` winds up the kernel's timer: where C code never lets other threads run, the timer runs down and kills the process,
whose lease has run out long before.

Cannot help a process that is stopped: its lease runs out, and the fence shuts it out.
"""

import contextlib
import logging
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from md5_service.logs import about_task
from md5_service.settings import Settings
from md5_task_data.database.engine import Database
from md5_task_data.errors import DependencyAway, LeaseLost
from md5_task_data.failpoints import reach
from md5_task_data.queue import leases, sweep
from md5_task_data.queue.leases import Claim

log = logging.getLogger(__name__)

LONGEST_INTERVAL_S = 2  # somebody may watch the progress
DEAF_S = 10  # beyond the lease: so long no other thread of this process could run


class Beat:
    """Between the work and the threads: progress goes up, the loss of the lease comes down."""

    def __init__(self, claim: Claim) -> None:
        self.claim = claim
        self.progress = claim.total or 0  # bytes; of what was cut, and is now to be closed, all
        self.lost = False
        self.is_working = False  # and not waiting for its turn, or for what came of it to be stored
        self._seen = (-1, time.monotonic())

    def stalled_s(self) -> float:
        """For how long there has been no progress, as far as those who asked could see."""
        progress, since = self._seen
        if self.progress != progress:
            since = time.monotonic()
            self._seen = self.progress, since
        return time.monotonic() - since


class Heartbeat:
    """One a process; its threads start with the first task."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database = database
        self._lease_s = settings.lease_s
        self._stall_s = settings.stall_s
        self._max_attempts = settings.max_attempts
        self._interval_s = min(settings.lease_s / 3, LONGEST_INTERVAL_S)
        self._current: Sequence[Beat] = ()
        self._threads: list[threading.Thread] = []

    @contextmanager
    def keeping(self, claims: Sequence[Claim]) -> Iterator[Sequence[Beat]]:
        """Extend the leases of these claims for as long as the block runs."""
        if not (self._threads and all(thread.is_alive() for thread in self._threads)):  # one may have run out of memory
            self._threads = [self._start(self._look_after, "heartbeat"), self._start(self._wind, "alarm")]
        self._current = beats = [Beat(claim) for claim in claims]
        self._wind(beats)  # from here on: where the work is deaf from its first moment, no thread ever gets to do it
        try:
            yield beats
        finally:
            self._current = ()

    def _start(self, does: Callable[[Sequence[Beat]], None], name: str) -> threading.Thread:
        thread = threading.Thread(target=self._again_and_again, args=(does,), name=name, daemon=True)
        thread.start()
        return thread

    def _again_and_again(self, does: Callable[[Sequence[Beat]], None]) -> None:
        pause = threading.Event()
        while True:
            pause.wait(self._interval_s)
            does(self._current)

    def _wind(self, beats: Sequence[Beat]) -> None:
        signal.setitimer(signal.ITIMER_REAL, self._lease_s + DEAF_S if beats else 0)

    def _look_after(self, beats: Sequence[Beat]) -> None:
        for beat in beats:
            with about_task(beat.claim.id):
                self._keep(beat)

    def _keep(self, beat: Beat) -> None:
        try:
            if beat.is_working and beat.stalled_s() > self._stall_s:
                self._give_up(beat.claim)
            if not beat.lost:
                self._extend(beat)
        except LeaseLost:
            beat.lost = True
        except DependencyAway as error:
            log.warning("lease not extended: %s", error)
        except Exception:  # whatever it is, this thread must outlive it
            log.exception("lease not extended")

    def _extend(self, beat: Beat) -> None:
        with self._database.transaction() as db:
            leases.beat(db, beat.claim, beat.progress, self._lease_s)
            reach("beat.updated")
        reach("beat.committed")

    def _give_up(self, claim: Claim) -> None:
        why = f"no progress for {self._stall_s:g} s"
        log.error("%s; this worker process ends", why)
        with contextlib.suppress(LeaseLost), self._database.transaction() as db:
            sweep.give_up(db, claim, why, self._max_attempts)
        os.kill(os.getpid(), signal.SIGKILL)
