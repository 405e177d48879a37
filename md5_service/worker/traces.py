"""The steps that workers add to a file's trace: each attempt at its work, and the writing of its log line."""

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
    """Make every child of this worker trace on its own: threads do not cross a fork, but imported modules do."""
    celeryd_after_setup.connect(_load, weak=False)
    worker_process_init.connect(_configure, weak=False)
    worker_process_shutdown.connect(_stop, weak=False)


def _load(**_: Any) -> None:
    tracing.load()


def _configure(**_: Any) -> None:
    tracing.configure("md5-worker")
    Finalize(None, tracing.stop, exitpriority=0)  # in case `stopping` interrupts Celery before `_stop` is called


def _stop(**_: Any) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # `stopping` sends it to interrupt work, and there is none any more
    tracing.stop()


def attempt(claim: Claim) -> AbstractContextManager[None]:
    """The block is this attempt."""
    about: dict[str, Any] = {"task_id": claim.id, "task_kind": claim.kind, "size": claim.size, "attempt": claim.attempt}
    return tracing.span(f"work {claim.kind}", parent=claim.traceparent, role="consumer", **about)


def attempt_lost(row: RowMapping) -> None:
    """Record an attempt whose worker was killed, which nobody else can. The row is as the sweeper found it."""
    about = {"task_id": row["id"], "task_kind": row["kind"], "size": row["size"], "attempt": row["attempt"]}
    when = (row["started_at"], row["now"])
    tracing.past(f"work {row['kind']}", row["traceparent"], *when, why="the lease was lost", **about)


def lines_written(rows: Sequence[RowMapping]) -> None:
    """Record the last step: from the outcome until the line is in the file and the task has finished."""
    for row in rows:
        about = {"task_id": row["id"], "task_kind": row["kind"], "outcome": row["outcome"]}
        tracing.past("write log line", row["traceparent"], row["computed_at"], row["now"], **about)
