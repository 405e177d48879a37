"""Claim, work, finish. All work goes through here and ends in exactly one of these ways:

it succeeds                        computed, done; for a part: done, and its file has one part less to wait for
it is cut into parts               waiting for the parts
the file or a parameter is wrong   computed, failed, at once; `code` and `detail` tell the client why
it needs more memory than allowed  computed, failed, at once
an unexpected error                queued again after 1, 10 and 60 s; then failed, with a general message
a dependency is unavailable        queued again; not counted against the task
its kind is unknown here           only recorded; left to newer workers
the lease is lost                  nothing is changed: the row belongs to another worker
an orderly stop of the worker      queued again at once; not counted as an attempt
no progress for a long time        the heartbeat counts a lost lease and kills the process
the process is killed              nothing is written; the lease expires and the sweeper finds the row
"""

import functools
import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from billiard.common import terminate_handler_fired  # type: ignore[attr-defined]  # newer than its stubs
from sqlalchemy import Connection

from md5_service import tracing
from md5_service.logs import about_task
from md5_service.settings import Settings
from md5_service.worker import traces
from md5_service.worker.heartbeat import Beat, Heartbeat
from md5_service.worker.job import Cut, Means, Rows
from md5_service.worker.verbs import Outcome, Verbs
from md5_task_data.bucket.folder import Bucket
from md5_task_data.database.engine import Database
from md5_task_data.errors import DependencyAway, LeaseLost, OutOfMemory, TaskDataError
from md5_task_data.failpoints import reach
from md5_task_data.queue import leases, parts, turns
from md5_task_data.queue.hints import LARGE, WORK, Message
from md5_task_data.queue.leases import Claim

log = logging.getLogger(__name__)

T = TypeVar("T")
Publish = Callable[[Sequence[Message]], object]
Results = list[tuple[Claim, Mapping[str, Any]]]

NO_LONGER_OURS = "no longer ours"
ERROR_DELAYS_S = (1, 10, 60)  # before each retry after an unexpected error
AWAY_DELAY_S = 5
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.2, 2  # between two attempts to reach the database


class Lifecycle:
    """One per process. `publish` is called with the hints that become due with a commit."""

    def __init__(
        self, settings: Settings, database: Database, bucket: Bucket, kinds: Mapping[str, Verbs], publish: Publish
    ) -> None:
        self._settings = settings
        self._database = database
        self._means = Means(bucket, settings, self._look)
        self._kinds = kinds
        self._publish = publish
        self._heartbeat = Heartbeat(database, settings)
        self._last = ""  # the owner whose tasks this process claimed last

    def run(self, task_ids: Sequence[str], lane: str = WORK) -> int:
        """Do the work for a message from this lane that names these tasks; returns how many tasks were claimed. A hint that
        came late, or twice, may find none."""
        lease_s = self._settings.lease_s
        claims = self._persist("claim", lambda db: turns.claim(db, lane, task_ids, lease_s, self._last))
        self._do_all(claims)
        if lane == LARGE or not turns.has_waited(claims):
            return len(claims)
        others = self._persist("claim", lambda db: turns.claim_next(db, lane, lease_s, self._last))
        self._do_all(others)
        return len(claims) + len(others)

    def _do_all(self, claims: Sequence[Claim]) -> None:
        """The results of several tasks are stored together."""
        if not claims:
            return
        self._last = claims[-1].owner
        results: Results = []
        with self._heartbeat.keeping(claims) as beats:
            try:
                for number, (claim, beat) in enumerate(zip(claims, beats, strict=True)):
                    try:
                        with about_task(claim.id), traces.attempt(claim), _unless_lost(claim):
                            self._do(claim, beat, results)
                            if len(claims) == 1:
                                self._finish(results)  # still in the trace of its attempt
                    except BaseException:  # SystemExit: the worker was asked to stop
                        for waiting in claims[number + 1 :]:
                            self._give_back(waiting)
                        raise
            finally:
                self._finish(results)

    def _do(self, claim: Claim, beat: Beat, results: Results) -> None:
        try:
            outcome = self._work(claim, beat)
            if isinstance(outcome, Cut):
                self._cut(claim, outcome)
            elif isinstance(outcome, Rows):
                self._store(claim, beat, outcome)
            else:
                results.append((claim, outcome.as_json()))
        except LeaseLost:
            raise
        except TaskDataError as error:
            self._fail(claim, error.code, error.detail)
        except DependencyAway as error:
            reason = f"a dependency is unavailable: {error}"
            self._put_back(claim, reason, delay_s=AWAY_DELAY_S, is_error=False, is_attempt=False)
        except Exception:
            log.exception("unexpected error %d", claim.errors + 1)
            self._retry_or_fail(claim)
        except BaseException:
            if not terminate_handler_fired():  # nobody asked the worker to stop: the kind's own code ends the process
                log.exception("unexpected error %d", claim.errors + 1)
                self._retry_or_fail(claim)
                return
            self._give_back(claim)
            raise

    def _cut(self, claim: Claim, cut: Cut) -> None:
        def cut_up(db: Connection) -> list[Message]:
            if claim.part is not None:
                return parts.cut_again(db, claim, cut.slices)
            return parts.cut(db, claim, cut.slices, cut.plan, cut.total, cut.unit)

        hints = self._persist("cut", cut_up)
        log.info("cut into %d parts", len(cut.slices))
        self._publish(hints)

    def _store(self, claim: Claim, beat: Beat, rows: Rows) -> None:
        for step in rows.steps:
            self._persist("step", functools.partial(self._under_lease, claim, beat, step))
        if claim.part is None:
            self._persist("finish", lambda db: leases.finish(db, claim, rows.finish(db).as_json()))
        else:
            self._publish(self._persist("end_part", functools.partial(_end_part, claim, rows)))
        log.info("done, at attempt %d", claim.attempt)

    def _under_lease(self, claim: Claim, beat: Beat, step: Callable[[Connection], None], db: Connection) -> None:
        leases.beat(db, claim, beat.progress, self._settings.lease_s)
        step(db)

    def _finish(self, results: Results) -> None:
        """Store the results, and release them."""
        lost = self._persist("finish", lambda db: leases.finish_all(db, results)) if results else []
        if lost:
            tracing.failed(NO_LONGER_OURS)
        for claim, _ in results:
            with about_task(claim.id), tracing.within(claim.traceparent):
                if claim in lost:
                    log.warning("%s, left alone (fence %d)", NO_LONGER_OURS, claim.fence)
                else:
                    log.info("done, at attempt %d", claim.attempt)
        results.clear()

    def _give_back(self, claim: Claim) -> None:
        with about_task(claim.id), _unless_lost(claim):
            reason = "the worker was stopped; not counted as an attempt"
            self._put_back(claim, reason, delay_s=0, is_error=False, is_attempt=False)

    def _work(self, claim: Claim, beat: Beat) -> Outcome:
        beat.is_working = True
        try:
            return self._kinds[claim.kind].do(claim, beat, self._means)
        except MemoryError:
            pass  # handled below: until here the traceback holds the work's memory, which storing the failure needs
        finally:
            beat.is_working = False
            reach("work.done")
        most = self._settings.worker_memory_bytes
        raise OutOfMemory(f"Processing this file needs more than the {most} bytes of memory that a worker may use.")

    def _retry_or_fail(self, claim: Claim) -> None:
        if claim.errors < len(ERROR_DELAYS_S):
            reason = f"unexpected error {claim.errors + 1}; the worker's own log has the details"
            self._put_back(claim, reason, delay_s=ERROR_DELAYS_S[claim.errors], is_error=True)
            return
        detail = f"An unexpected error occurred {claim.errors + 1} times. The worker's own log has the details."
        self._fail(claim, "unexpected", detail)

    def _fail(self, claim: Claim, code: str, detail: str) -> None:
        log.info("failed: %s: %s", code, detail)
        tracing.failed(detail)
        fail = leases.fail if claim.part is None else parts.fail_part
        self._persist("fail", lambda db: fail(db, claim, {"code": code, "detail": detail}))

    def _put_back(self, claim: Claim, reason: str, **how: Any) -> None:
        log.info("put back: %s", reason)
        tracing.failed(reason)
        self._persist("put_back", lambda db: leases.put_back(db, claim, reason, **how))

    def _look(self, step: Callable[[Connection], T]) -> T:
        return self._persist("look", step)

    def _persist(self, name: str, step: Callable[[Connection], T]) -> T:
        """One step in one transaction, retried until the database answers, because a worker can do nothing without it. If a
        step was committed although its answer was lost, the retry finds the row's state changed and raises LeaseLost."""
        pause_s = FIRST_PAUSE_S
        while True:
            try:
                with self._database.transaction() as db:
                    done = step(db)
                    reach(f"{name}.updated")
                reach(f"{name}.committed")
                return done
            except DependencyAway as error:
                log.warning("waiting for the database: %s", error)
                time.sleep(pause_s)
                pause_s = min(2 * pause_s, LONGEST_PAUSE_S)


def _end_part(claim: Claim, rows: Rows, db: Connection) -> list[Message]:
    return parts.end_part(db, claim, rows.finish(db).as_json(), rows.done)


@contextmanager
def _unless_lost(claim: Claim) -> Iterator[None]:
    """Leave the task alone if it is no longer ours."""
    try:
        yield
    except LeaseLost:
        log.warning("%s, left alone (fence %d)", NO_LONGER_OURS, claim.fence)
        tracing.failed(NO_LONGER_OURS)
