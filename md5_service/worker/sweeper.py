"""What beat runs every few seconds: it moves on everything that is due, so that no promise depends on a message or a
process.

Any number of sweeps may run at the same time, and each may die at any point: what it did is committed, the rest is
still due.
"""

import logging
import time
from collections.abc import Sequence

from celery import Celery

from md5_service import broker
from md5_service.settings import Settings
from md5_service.worker import traces
from md5_task_data import idempotency
from md5_task_data.bucket import small_files
from md5_task_data.bucket.folder import Bucket
from md5_task_data.database.engine import Database
from md5_task_data.errors import DependencyAway
from md5_task_data.failpoints import reach
from md5_task_data.log import statistics
from md5_task_data.queue import parts, sweep
from md5_task_data.queue.hints import Message
from md5_task_data.registry import KINDS
from md5_task_data.upkeep import results
from md5_task_data.upkeep.orphans import Orphans

log = logging.getLogger(__name__)

MOST_BATCHES = 20  # per sweep; the next sweep continues
DELETES_FOR_S = 5.0  # per sweep: the rows of one task may be millions, and what is due must not wait for them


def look_after_due(app: Celery, settings: Settings, database: Database) -> None:
    """Send hints for queued tasks that are due (for all, if the queue is empty: it may have been lost), and end expired
    leases. Raises DependencyAway if the database is unavailable."""
    is_idle = _is_idle(app)
    can_publish = is_idle is not None
    after = ""
    for _ in range(MOST_BATCHES):
        with database.transaction() as db:
            found = sweep.sweep(
                db,
                after=after,
                publish_all=bool(is_idle),
                lease_s=settings.lease_s,
                max_attempts=settings.max_attempts,
            )
            reach("sweep.moved")
        reach("sweep.committed")
        for row in found.lost:
            traces.attempt_lost(row)
        if found.requeued or found.given_up:
            log.warning("leases lost: %d tasks queued again, %d given up", found.requeued, found.given_up)
        can_publish = can_publish and publish(app, found.messages)
        reach("sweep.published")
        if not found.more:
            return
        after = found.last


def look_after_parts(app: Celery, database: Database) -> None:
    """Move on files whose parts cannot, and delete the parts of finished files. Raises DependencyAway."""
    with database.transaction() as db:
        messages = parts.settle_due(db)
    if messages:
        publish(app, messages)
    for _ in range(MOST_BATCHES):
        with database.transaction() as db:
            if not parts.delete_ended(db):
                return


def delete_expired(database: Database, bucket: Bucket) -> int:
    """Delete the bytes and results that have expired or that their owners deleted; returns for how many tasks. Bytes are
    deleted before that is recorded, so the next sweep completes what a killed one began, or what took too long.
    Raises DependencyAway; bytes in the database are deleted even if the bucket is unavailable."""
    deleted, until = 0, time.monotonic() + DELETES_FOR_S
    for _ in range(MOST_BATCHES):
        with database.reading() as db:
            task_ids = small_files.expired(db, KINDS)
            in_database = small_files.sizes(db, task_ids)
            wanted = results.owed(db, task_ids)
        if not task_ids:
            break
        later = {task_id for task_id in wanted if _delete_results(database, task_id, until)}
        gone = [task_id for task_id in in_database if task_id not in later]
        try:
            for task_id in task_ids:
                if task_id not in in_database and task_id not in later:
                    bucket.delete(task_id)
                    gone.append(task_id)
        finally:
            reach("sweep.deleted")
            with database.transaction() as db:
                small_files.settle_expired(db, gone)
        deleted += len(gone)
        if later:
            break
    return deleted


def _delete_results(database: Database, task_id: str, until: float) -> bool:
    """Delete the rows of a task, or as many as there is time for; returns whether there may be more."""
    is_more = True
    while is_more:
        with database.transaction() as db:
            is_more = results.delete_some(db, task_id)
        if time.monotonic() >= until:
            break
        if is_more:
            time.sleep(results.PAUSE_S)
    return is_more


def delete_orphans(orphans: Orphans) -> None:
    """Check some files of the bucket, and delete those that no row keeps. Raises DependencyAway."""
    if deleted := orphans.delete_some():
        log.warning("deleted %d files in the bucket that belonged to no task", deleted)


def forget(database: Database) -> None:
    """Delete expired idempotency keys, old per-minute counts, and each kind's expired rows. An error in one kind does not
    affect the others. Raises DependencyAway."""
    with database.transaction() as db:
        idempotency.forget_expired(db)
        statistics.forget_minutes(db)
    for kind in KINDS.values():
        if kind.forgets is not None:
            try:
                with database.transaction() as db:
                    kind.forgets(db)
            except DependencyAway:
                raise
            except Exception:
                log.exception("the kind %s failed to delete its expired rows", kind.name)


def publish(app: Celery, messages: Sequence[Message]) -> bool:
    """Send hints; returns whether the broker accepted them. A later sweep sends those it did not accept."""
    try:
        broker.publish(app, messages)
    except DependencyAway as error:
        log.warning("%d hints not sent; a later sweep will send them: %s", len(messages), error)
        return False
    return True


def _is_idle(app: Celery) -> bool | None:
    """Whether the broker's queues are empty; None if the broker is unavailable."""
    try:
        return broker.is_idle(app)
    except DependencyAway as error:
        log.warning("%s", error)
        return None
