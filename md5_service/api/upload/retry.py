"""Retries: new tasks for the stored bytes of failed or cancelled ones."""

import uuid_utils

from md5_service import tracing
from md5_service.api.http.deadline import run_with_deadline
from md5_service.api.upload.commit import Promises
from md5_service.api.upload.idempotency import Taken, held
from md5_task_data import tasks
from md5_task_data.bucket.folder import Bucket
from md5_task_data.database.engine import Database


class Retries:
    """Creates retries. One per API process."""

    def __init__(self, database: Database, bucket: Bucket, promises: Promises) -> None:
        self._database = database
        self._bucket = bucket
        self._promises = promises

    async def make(self, owner: str, task_id: str, idempotency_key: str | None = None) -> Taken:
        """Retry a task. Raises NotFound, Conflict, BytesMissing, ResultsDeleted; because of the key InvalidInput, KeyInUse,
        KeyReused; and DependencyAway, StorageFull."""
        new_id = str(uuid_utils.uuid7())
        async with held(idempotency_key, self._database, owner, new_id) as key:
            is_there = key is not None and key.kept is not None
            new = await run_with_deadline(lambda: self._read(owner, task_id, new_id, is_there))
            if key is not None and (earlier := await key.earlier(new)) is not None:
                return Taken(earlier, is_new=False)
            await run_with_deadline(lambda: self._share(new))
            return Taken(await self._promises.make(new, lambda: self._unshare(new), key), is_new=True)

    def _read(self, owner: str, task_id: str, new_id: str, is_there: bool) -> tasks.NewTask:
        with self._database.reading() as db:
            return tasks.retry(db, owner, task_id, new_id, is_there=is_there)

    def _share(self, new: tasks.NewTask) -> None:
        tracing.follows(new.retried_traceparent)
        if new.content is None:
            self._bucket.share(str(new.retry_of), new.id)

    def _unshare(self, new: tasks.NewTask) -> None:
        if new.content is None:
            self._bucket.delete(new.id)
