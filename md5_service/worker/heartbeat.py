"""Two threads per worker process keep the leases of its tasks, and end work that would never finish.

`heartbeat` extends the leases, stores progress, and reports lost leases to the work. If the work makes no progress for
`stall_s` seconds, it counts a lost lease against the task and kills this process, because nothing else can interrupt a
call that hangs. `alarm` keeps resetting a kernel timer. If C code never lets other threads run, the timer expires and
kills the process, whose lease has expired long before.

Neither helps if the process is stopped: then its lease expires, and the fence shuts it out.
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

LONGEST_INTERVAL_S = 2  # seconds; clients may be watching the progress
DEAF_S = 10  # seconds beyond the lease, during which no other thread of the process could run


class Beat:
    """Connects the work and the threads: progress goes up, the loss of the lease comes down."""

    def __init__(self, claim: Claim) -> None:
        self.claim = claim
        self.progress = claim.total or 0  # bytes; when closing a file that was cut, all of them
        self.lost = False
        self.is_working = False  # False while it waits its turn or its result is being stored
        self._seen = (-1, time.monotonic())

    def stalled_s(self) -> float:
        """How long there has been no progress, in seconds, as far as the calls of this method could see."""
        progress, since = self._seen
        if self.progress != progress:
            since = time.monotonic()
            self._seen = self.progress, since
        return time.monotonic() - since


class Heartbeat:
    """One per process; its threads start with the first task."""

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
        """Extend the leases of these claims while the block runs."""
        if not (
            self._threads and all(thread.is_alive() for thread in self._threads)
        ):  # a thread may have died for lack of memory
            self._threads = [self._start(self._look_after, "heartbeat"), self._start(self._wind, "alarm")]
        self._current = beats = [Beat(claim) for claim in claims]
        self._wind(beats)  # now, because no other thread may ever run if the work blocks them all from the start
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
        except Exception:  # this thread must survive any error
            log.exception("lease not extended")

    def _extend(self, beat: Beat) -> None:
        with self._database.transaction() as db:
            leases.beat(db, beat.claim, beat.progress, self._lease_s)
            reach("beat.updated")
        reach("beat.committed")

    def _give_up(self, claim: Claim) -> None:
        why = f"it made no progress for {self._stall_s:g} s"
        log.error("giving the task up: %s; this worker process ends", why)
        with contextlib.suppress(LeaseLost), self._database.transaction() as db:
            sweep.give_up(db, claim, why, self._max_attempts)
        os.kill(os.getpid(), signal.SIGKILL)
