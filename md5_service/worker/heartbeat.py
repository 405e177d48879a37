"""One thread a worker process keeps the lease of the task that is being worked on.

Cannot help a process that is stopped, or stuck in C code that never lets other threads run: its lease runs out, and the
fence shuts it out.
"""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from md5_task_data import leases
from md5_task_data.database import Database
from md5_task_data.errors import DependencyAway, LeaseLost
from md5_task_data.leases import Claim

log = logging.getLogger(__name__)

LONGEST_INTERVAL_S = 2  # somebody may watch the progress


class Beat:
    """Between the work and the thread: progress goes up, the loss of the lease comes down."""

    def __init__(self, claim: Claim) -> None:
        self.claim = claim
        self.progress = 0  # bytes
        self.lost = False


class Heartbeat:
    """One a process; its thread starts with the first task."""

    def __init__(self, database: Database, lease_s: float) -> None:
        self._database = database
        self._lease_s = lease_s
        self._interval_s = min(lease_s / 3, LONGEST_INTERVAL_S)
        self._current: Beat | None = None
        self._thread: threading.Thread | None = None

    @contextmanager
    def keeping(self, claim: Claim) -> Iterator[Beat]:
        """Extend this claim's lease for as long as the block runs."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)
            self._thread.start()
        self._current = beat = Beat(claim)
        try:
            yield beat
        finally:
            self._current = None

    def _run(self) -> None:
        pause = threading.Event()
        while True:
            pause.wait(self._interval_s)
            if (beat := self._current) is not None and not beat.lost:
                self._extend(beat)

    def _extend(self, beat: Beat) -> None:
        try:
            with self._database.transaction() as db:
                leases.beat(db, beat.claim, beat.progress, self._lease_s)
        except LeaseLost:
            beat.lost = True
        except DependencyAway as error:
            log.warning("task %s: lease not extended: %s", beat.claim.id, error)
        except Exception:  # whatever it is, this thread must outlive it
            log.exception("task %s: lease not extended", beat.claim.id)
