"""Wires a worker together: its kinds, its messages, and what each of its processes works with."""

import functools
import gc
import logging
import os
import random
import resource
import time
from contextlib import suppress
from typing import Any

from celery import Celery, Task
from celery.signals import celeryd_after_setup, setup_logging, worker_process_init, worker_ready
from kombu.exceptions import OperationalError

from md5_service import broker, logs, tracing
from md5_service.readiness import checks, wait_for
from md5_service.settings import Settings
from md5_service.worker import garbage, sweeper, traces, verbs
from md5_service.worker.alive import shown_in
from md5_service.worker.lifecycle import Lifecycle, Publish
from md5_service.worker.stopping import OrderlyStop
from md5_task_data import failpoints
from md5_task_data.bucket.folder import Bucket
from md5_task_data.database.engine import Database
from md5_task_data.errors import CannotLoad, DependencyAway
from md5_task_data.log.shared_log import LogBusy, SharedLog
from md5_task_data.queue import leases
from md5_task_data.upkeep.orphans import Orphans

log = logging.getLogger(__name__)

SHORTEST_RETRY_S, LONGEST_RETRY_S = 0.05, 1.0
REDIS_TRANSPORT = "md5_service.worker.redis_garbage:Transport"
GARBAGE = 20_000  # objects between garbage collections; collecting among many live rows all the time costs a tenth of the work

kinds = functools.cache(verbs.load)  # loaded once, before the children are forked


class Process:
    """What one worker process works with. It is created with the first task, so that nothing of it crosses a fork."""

    def __init__(self, settings: Settings, publish: Publish) -> None:
        self.database = Database(settings.database_url, echo=settings.sql_echo, pool_size=3)
        self.bucket = Bucket(settings.bucket_url)
        self.lifecycle = Lifecycle(settings, self.database, self.bucket, kinds(), publish)
        on_settled = traces.lines_written if tracing.is_wanted() else None
        self.log = SharedLog(self.database, settings.log_path, settings.keep_uploads_s, on_settled)
        self.orphans = Orphans(self.database, self.bucket, settings.log_path)
        self.asked_for_flush_at = float("-inf")


def create_worker(settings: Settings) -> Celery:
    """The Celery app with the three messages that a worker handles."""
    garbage.refuse_compressed()
    app = broker.make_celery(settings, REDIS_TRANSPORT)
    app.conf.worker_consumer = f"{garbage.__name__}:{garbage.Consumer.__name__}"
    app.conf.beat_schedule = {"sweep": {"task": broker.SWEEP_MESSAGE, "schedule": settings.sweep_s}}
    app.conf.beat_scheduler = "celery.beat:Scheduler"  # stores nothing: a schedule file could only get damaged
    app.steps["worker"].add(OrderlyStop)
    if settings.alive_file is not None:
        app.steps["worker"].add(shown_in(settings.alive_file))

    process = functools.cache(lambda: Process(settings, functools.partial(sweeper.publish, app)))
    failpoints.arm(settings.failpoints)
    if tracing.is_wanted():
        traces.begin()

    @app.task(name=broker.WORK_MESSAGE, bind=True)
    def work(self: Task[Any, Any], task_ids: list[str]) -> None:
        if not garbage.is_hint(task_ids):  # anyone may have sent it: too many ids would tie up the database
            log.error("dropped a message without valid task ids")
            return
        try:
            lane = str((self.request.delivery_info or {}).get("routing_key"))
            if process().lifecycle.run(task_ids, lane):
                write_log()
        except SystemExit:  # raised by `stopping`; Celery would report a lost worker, with a traceback
            log.info("stopped during the work")

    @app.task(name=broker.SWEEP_MESSAGE)
    def sweep() -> None:
        try:
            sweeper.look_after_due(app, settings, process().database)
            if process().log.pending():
                write_log()
            sweeper.look_after_parts(app, process().database)
            sweeper.forget(process().database)
            sweeper.delete_expired(process().database, process().bucket)
            sweeper.delete_orphans(process().orphans)
        except DependencyAway as error:
            log.warning("sweep not finished: %s", error)

    @app.task(name=broker.FLUSH_MESSAGE, bind=True, max_retries=None)
    def flush_log(self: Task[Any, Any]) -> None:
        try:
            if process().log.pending():
                process().log.flush()
        except LogBusy:
            raise self.retry(countdown=_soon()) from None
        except DependencyAway as error:
            log.warning("log not written; a later sweep will write it: %s", error)

    def write_log() -> None:
        """Try once, without waiting. If the log is busy, ask for a retry, at most one per second, because it writes for
        everybody."""
        try:
            process().log.flush()
        except LogBusy:
            if time.monotonic() - process().asked_for_flush_at >= LONGEST_RETRY_S:
                process().asked_for_flush_at = time.monotonic()
                _ask_for_flush(app)
        except DependencyAway as error:
            log.warning("log not written; a later sweep will write it: %s", error)

    @celeryd_after_setup.connect(weak=False)
    def wait(**_: Any) -> None:
        try:
            kinds()
            database = Database(settings.database_url)
            for name, check in checks(settings, database, app).items():
                wait_for(name, check, log.warning)
            with suppress(DependencyAway), database.transaction() as db:  # otherwise the sweeper finds them later
                leases.take_up(db)
            database.close()
        except CannotLoad as error:
            log.critical("this worker cannot start: %s", error, exc_info=error)
            raise SystemExit(os.EX_CONFIG) from error
        except Exception as error:  # Celery would log it and start anyway
            log.exception("this worker cannot start")
            raise SystemExit(2) from error

    @worker_process_init.connect(weak=False)
    def begin(**_: Any) -> None:
        gc.freeze()
        gc.set_threshold(GARBAGE)
        resource.setrlimit(resource.RLIMIT_DATA, (settings.worker_memory_bytes, resource.RLIM_INFINITY))

    @worker_ready.connect(weak=False)
    def ready(sender: Any, **_: Any) -> None:
        # When Celery stops with messages waiting, it asks a pool that no longer exists for its size, and ends in a traceback.
        sender.controller.max_concurrency = sender.pool.num_processes
        app.send_task(broker.SWEEP_MESSAGE)  # what a previous run left need not wait for beat

    @setup_logging.connect(weak=False)
    def log_to_stderr(**_: Any) -> None:
        logs.configure(settings.log_level)

    return app


def _ask_for_flush(app: Celery) -> None:
    try:
        app.send_task(broker.FLUSH_MESSAGE, countdown=_soon())
    except (OperationalError, OSError) as error:
        log.warning("the log is busy and the broker unavailable; a later sweep will write it: %s", error)


def _soon() -> float:
    return random.uniform(SHORTEST_RETRY_S, LONGEST_RETRY_S)
