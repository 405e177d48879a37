"""The steps that workers add to a file's trace: each attempt at its work, and the way of its line into the log."""

import signal
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any

from billiard.util import Finalize
from celery.signals import celeryd_after_setup, worker_process_init, worker_process_shutdown
from sqlalchemy import RowMapping

from md5_service import tracing
from md5_task_data.queue.leases import Claim


def begin() -> None:
    """Have every child of this worker trace by itself: threads do not cross a fork, but what was imported before it does."""
    celeryd_after_setup.connect(_load, weak=False)
    worker_process_init.connect(_configure, weak=False)
    worker_process_shutdown.connect(_stop, weak=False)


def _load(**_: Any) -> None:
    tracing.load()


def _configure(**_: Any) -> None:
    tracing.configure("md5-worker")
    Finalize(None, tracing.stop, exitpriority=0)  # `stopping` may interrupt Celery's signal before `_stop` is called


def _stop(**_: Any) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # by `stopping`, for work: there is none any more
    tracing.stop()


def attempt(claim: Claim) -> AbstractContextManager[None]:
    """The block is this attempt."""
    about: dict[str, Any] = {"task_id": claim.id, "task_kind": claim.kind, "size": claim.size, "attempt": claim.attempt}
    return tracing.span(f"work {claim.kind}", parent=claim.traceparent, role="consumer", **about)


def attempt_lost(row: RowMapping) -> None:
    """Of an attempt whose worker was killed nobody else tells. The row is as the sweeper found it."""
    about = {"task_id": row["id"], "task_kind": row["kind"], "size": row["size"], "attempt": row["attempt"]}
    when = (row["started_at"], row["now"])
    tracing.past(f"work {row['kind']}", row["traceparent"], *when, why="the lease was lost", **about)


def lines_written(rows: Sequence[RowMapping]) -> None:
    """The last step: from the outcome until the line is in the file and the task ended."""
    for row in rows:
        about = {"task_id": row["id"], "task_kind": row["kind"], "outcome": row["outcome"]}
        tracing.past("write log line", row["traceparent"], row["computed_at"], row["now"], **about)
