"""Stored bytes become a row, the row a hint: the way in of every file. The row is the promise; the hint may fail."""

import functools
import logging
import queue
import threading
import time
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import uuid_utils
from celery import Celery
from fastapi import Request

from md5_service import tracing
from md5_service.api.access.rates import Places
from md5_service.api.http.deadline import in_time
from md5_service.api.upload.commit import Promises
from md5_service.api.upload.idempotency import Key, held
from md5_service.api.upload.receive import Received, boundary_of, check_size, receive, request_head
from md5_service.api.upload.sink import Sink
from md5_service.broker import publish
from md5_service.logs import about_task
from md5_service.settings import Settings
from md5_task_data import names, registry, tasks
from md5_task_data.bucket.folder import Bucket
from md5_task_data.database.engine import Database
from md5_task_data.errors import DependencyAway, InvalidInput
from md5_task_data.failpoints import reach
from md5_task_data.queue.hints import messages_for
from md5_task_data.schema import Row

log = logging.getLogger(__name__)

UNNAMED = "unnamed"
MAX_HELD = 1000  # commits whose hints are not sent yet
REST_S = 0.01  # after a message; who comes meanwhile shares the next, and who comes later waits for nobody


class Taken(NamedTuple):
    """A task; not `is_new`: its Idempotency-Key stood for it already."""

    row: Row
    is_new: bool


class Intake:
    """Takes files. One an API process."""

    def __init__(self, settings: Settings, database: Database, bucket: Bucket, hints: "Hints") -> None:
        self._settings = settings
        self._database = database
        self._bucket = bucket
        self._promises = Promises(database, self._check_room, hints.send)
        self._places = Places(settings.max_uploads, settings.max_uploads_per_owner)

    async def take(self, request: Request, owner: str, idempotency_key: str | None = None) -> Taken:
        """Receive the body of a request, and return the committed row. Whatever goes wrong before, nothing is kept."""
        task_id = str(uuid_utils.uuid7())
        with self._places.one(owner):
            async with held(idempotency_key, self._database, owner, task_id) as key:
                return await self._take(request, owner, task_id, key)

    async def _take(self, request: Request, owner: str, task_id: str, key: Key | None) -> Taken:
        received = request_head(request, self._settings)
        boundary = boundary_of(request)
        if boundary is None:
            new_task(task_id, owner, received, 0)  # what is wrong with it is said before the body is sent
        expected, reserve = check_size(request, boundary, self._settings), self._settings.disk_reserve_bytes
        begin = functools.partial(self._bucket.receive, task_id, reserve=reserve, expected=expected)
        most, small = self._settings.max_upload_bytes, self._settings.small_file_bytes
        sink = Sink(begin, most, small=small, with_digest=key is not None)
        try:
            with tracing.span("receive file", task_id=task_id):
                await sink.expect(expected - (self._settings.max_form_bytes if boundary else 0))
                await receive(request, boundary, received, sink, self._settings)
                new = new_task(task_id, owner, received, sink.size, sink.content)
                reach("intake.received")
                if key is not None and (earlier := await key.earlier(new, sink.digest())) is not None:
                    await sink.discard()
                    return Taken(earlier, is_new=False)
                await sink.store()
        except BaseException:
            await sink.discard()
            raise
        return self._taken(await self._promises.make(new, sink.forget, key))

    async def again(self, owner: str, task_id: str, idempotency_key: str | None = None) -> Taken:
        """A new task for the bytes of one that failed or was cancelled. Raises NotFound, Conflict, BytesMissing."""
        new_id = str(uuid_utils.uuid7())
        async with held(idempotency_key, self._database, owner, new_id) as key:
            is_there = key is not None and key.kept is not None
            new = await in_time(lambda: self._to_try_again(owner, task_id, new_id, is_there))
            if key is not None and (earlier := await key.earlier(new)) is not None:
                return Taken(earlier, is_new=False)
            await in_time(lambda: self._share(new))
            row = await self._promises.make(new, lambda: self._unshare(new), key)
        return self._taken(row)

    def _check_room(self, size: int) -> None:
        self._bucket.check_room(self._settings.disk_reserve_bytes + size)

    def _taken(self, row: Row) -> Taken:
        with about_task(row["id"]):
            log.info("taken, %d bytes", row["size"])  # the one line with the ids of both, request and task
        return Taken(row, is_new=True)

    def _to_try_again(self, owner: str, task_id: str, new_id: str, is_there: bool) -> tasks.NewTask:
        with self._database.reading() as db:
            return tasks.retry(db, owner, task_id, new_id, is_there=is_there)

    def _share(self, new: tasks.NewTask) -> None:
        tracing.follows(new.retried_traceparent)
        if new.content is None:
            self._bucket.share(str(new.retry_of), new.id)

    def _unshare(self, new: tasks.NewTask) -> None:
        if new.content is None:
            self._bucket.delete(new.id)


def new_task(task_id: str, owner: str, received: Received, size: int, content: bytes | None = None) -> tasks.NewTask:
    """What a request asks for. Raises InvalidInput."""
    fields = dict(received.fields)
    kind = fields.pop("kind", "md5")
    batch = names.checked_batch(fields.pop("batch", None))
    filename = names.checked_name(fields.pop("filename", received.filename or "") or UNNAMED)
    params = registry.parameters(kind, _with_digests(kind, fields, received.digests))
    return tasks.NewTask(task_id, owner, kind, filename, size, batch, params, content=content)


def _with_digests(kind: str, fields: dict[str, str], digests: Mapping[str, str]) -> dict[str, str]:
    """The parameters, with the MD5 that headers say; a kind that compares none looks at none."""
    if "expected_md5" in registry.KINDS[registry.known(kind)].model_fields:
        for header, digest in digests.items():
            if fields.setdefault("expected_md5", digest).strip().lower() != digest:
                raise InvalidInput(
                    f"header {header}: says another MD5 ({digest}) than the parameter expected_md5, or than another header"
                )
    return fields


class Hints:
    """Sends hints from a thread of its own, so that no request ever waits for the broker. What cannot be sent, or held,
    is dropped: the sweeper sends it."""

    def __init__(self, app: Celery) -> None:
        self._app = app
        self._queue: queue.Queue[Sequence[Row] | None] = queue.Queue(MAX_HELD)
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

    def send(self, rows: Sequence[Row]) -> None:
        """Of the tasks of one commit."""
        try:
            self._queue.put_nowait(rows)
        except queue.Full:
            log.warning("hints for %d tasks not sent: too many wait; the sweeper will", len(rows))

    def _run(self) -> None:
        while True:
            held = [self._queue.get()]
            while not self._queue.empty():
                held.append(self._queue.get_nowait())
            rows = [row for together in held if together is not None for row in together]
            try:
                publish(self._app, messages_for(rows))
                reach("intake.published")
            except DependencyAway as error:
                log.warning("hints for %d tasks not sent; the sweeper will: %s", len(rows), error)
            except Exception:  # whatever it is, this thread must outlive it
                log.exception("hints for %d tasks not sent; the sweeper will", len(rows))
            if None in held:
                return
            time.sleep(REST_S)
