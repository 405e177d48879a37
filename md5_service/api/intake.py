"""Stored bytes become a row, the row a hint: the way in of every file. The row is the promise; the hint may fail."""

import logging
import queue
import threading
from collections.abc import Callable

import uuid_utils
from celery import Celery
from fastapi import Request
from sqlalchemy import RowMapping
from starlette.concurrency import run_in_threadpool

from md5_service import tracing
from md5_service.api.in_time import in_time
from md5_service.api.limits import Places
from md5_service.api.receive import Received, Sink, boundary_of, check_size, query_of, receive
from md5_service.broker import publish
from md5_service.logs import about_task
from md5_service.settings import Settings
from md5_task_data import kinds, tasks
from md5_task_data.bucket import Bucket
from md5_task_data.database import Database
from md5_task_data.errors import DependencyAway, StorageFull
from md5_task_data.failpoints import reach

log = logging.getLogger(__name__)

UNNAMED = "unnamed"
MAX_HINTS_HELD = 10_000


class Intake:
    """Takes files. One an API process."""

    def __init__(self, settings: Settings, database: Database, bucket: Bucket, hints: "Hints") -> None:
        self._settings = settings
        self._database = database
        self._bucket = bucket
        self._hints = hints
        self._places = Places(settings.max_uploads, settings.max_uploads_per_owner)

    async def take(self, request: Request, owner: str) -> RowMapping:
        """Receive the body of a request, and return the committed row. Whatever goes wrong before, nothing is kept."""
        with self._places.one(owner):
            return await self._take(request, owner)

    async def _take(self, request: Request, owner: str) -> RowMapping:
        task_id = str(uuid_utils.uuid7())
        received = query_of(request)
        boundary = boundary_of(request)
        if boundary is None:
            _new_task(task_id, owner, received, 0)  # what is wrong with it is said before the body is sent
        limit, reserve = self._settings.max_upload_bytes, self._settings.disk_reserve_bytes
        expected = check_size(request, boundary, limit)
        incoming = await run_in_threadpool(self._bucket.receive, task_id, reserve=reserve, expected=expected)
        sink = Sink(incoming, limit)
        try:
            with tracing.span("receive file", task_id=task_id):
                await receive(request, boundary, received, sink, idle_s=self._settings.upload_idle_s)
                new = _new_task(task_id, owner, received, sink.size)
                reach("intake.received")
                await run_in_threadpool(incoming.store)
        except BaseException:
            await sink.discard()
            raise
        turn = threading.Lock()  # to commit: had by the step, or by us when we have given it up
        try:
            row = await in_time(lambda: self._promise(new, incoming.discard, turn))
        except BaseException:
            if turn.acquire(blocking=False):
                await sink.discard()
            raise
        return self._taken(row)

    async def again(self, owner: str, task_id: str) -> RowMapping:
        """A new task for the bytes of one that failed or was cancelled. Raises NotFound, Conflict, BytesMissing."""
        turn = threading.Lock()
        try:
            row = await in_time(lambda: self._retry(owner, task_id, str(uuid_utils.uuid7()), turn))
        except BaseException:  # also where the client has gone: what nobody hears of must not be committed
            turn.acquire(blocking=False)
            raise
        return self._taken(row)

    def _taken(self, row: RowMapping) -> RowMapping:
        with about_task(row["id"]):
            log.info("taken, %d bytes", row["size"])  # the one line with the ids of both, request and task
        self._hints.send(row["id"])
        return row

    def _retry(self, owner: str, task_id: str, new_id: str, turn: threading.Lock) -> RowMapping:
        with self._database.reading() as db:
            new = tasks.retry(db, owner, task_id, new_id)
        tracing.follows(new.retried_traceparent)
        self._bucket.share(str(new.retry_of), new_id)
        return self._promise(new, lambda: self._bucket.delete(new_id), turn)

    @tracing.span("create task", role="producer")
    def _promise(self, new: tasks.NewTask, forget_bytes: Callable[[], None], turn: threading.Lock) -> RowMapping:
        tracing.describe(task_id=new.id, task_kind=new.kind, size=new.size)
        committing = False
        try:
            reach("intake.stored")
            with self._database.transaction() as db:
                row = tasks.create(db, new, tracing.traceparent())
                reach("intake.inserted")
                if not turn.acquire(blocking=False):
                    raise DependencyAway("the client has had its 503")
                committing = True
        except BaseException as error:
            # A COMMIT that found no room was none. Of any other the row may be there, and its bytes must stay.
            if not committing or isinstance(error, StorageFull):
                forget_bytes()
            raise
        reach("intake.committed")
        return row


def _new_task(task_id: str, owner: str, received: Received, size: int) -> tasks.NewTask:
    fields = dict(received.fields)
    kind = fields.pop("kind", "md5")
    batch = tasks.checked_batch(fields.pop("batch", None))
    filename = tasks.checked_name(received.filename or UNNAMED)
    return tasks.NewTask(task_id, owner, kind, filename, size, batch, kinds.parameters(kind, fields))


class Hints:
    """Sends hints from a thread of its own, so that no request ever waits for the broker. What cannot be sent, or held,
    is dropped: the sweeper sends it."""

    def __init__(self, app: Celery) -> None:
        self._app = app
        self._queue: queue.Queue[str | None] = queue.Queue(MAX_HINTS_HELD)
        self._thread = threading.Thread(target=self._run, name="hints", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Send what is held, waiting a little."""
        try:
            self._queue.put(None, timeout=1)
        except queue.Full:
            return
        self._thread.join(timeout=3)

    def send(self, task_id: str) -> None:
        try:
            self._queue.put_nowait(task_id)
        except queue.Full:
            log.warning("hint for %s not sent: too many wait", task_id)

    def _run(self) -> None:
        while True:
            held = [self._queue.get()]
            while not self._queue.empty():
                held.append(self._queue.get_nowait())
            try:
                publish(self._app, [task_id for task_id in held if task_id is not None])
                reach("intake.published")
            except DependencyAway as error:
                log.warning("%d hints not sent; the sweeper will: %s", len(held), error)
            except Exception:  # whatever it is, this thread must outlive it
                log.exception("%d hints not sent; the sweeper will", len(held))
            if None in held:
                return
