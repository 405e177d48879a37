"""Shared by the tests of kinds: files that are uploaded and processed without a broker."""

import json
from collections.abc import Callable
from typing import Any, NamedTuple, Self

import pytest
from sqlalchemy import select

from md5_service.settings import Settings
from md5_service.worker.app import kinds
from md5_service.worker.lifecycle import Lifecycle
from md5_task_data import tasks
from md5_task_data.bucket.folder import Bucket
from md5_task_data.database.engine import Database
from md5_task_data.kinds import phones, rejects
from md5_task_data.kinds.phones import Phone
from md5_task_data.queue import parts
from md5_task_data.queue.hints import Message
from md5_task_data.schema import contacts
from tests.bucket import store

NewTask = Callable[..., str]
# For tests whose outcome is the same on every database.
sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


class Loaded(NamedTuple):
    """The outcome of a file of contacts."""

    task: dict[str, Any]
    records: dict[str, dict[str, Any]]  # of this file, by key
    rejects: str  # as in `rejects.csv`

    @property
    def counts(self) -> tuple[int, int, int, int]:
        """rows, inserted, duplicate, invalid."""
        result = self.task["result"]
        return result["rows"], result["inserted"], result["duplicate"], result["invalid"]


class Working:
    """A worker, and files of one kind for it."""

    kind: str

    def __init__(self, database: Database, bucket: Bucket, new_task: NewTask, settings: Settings) -> None:
        bucket.make()
        self.database = database
        self.bucket = bucket
        self.settings = settings
        self.hints: list[Message] = []
        self.lifecycle = Lifecycle(settings, database, bucket, kinds(), self.hints.extend)
        self._new_task = new_task

    def so_set(self, **given: object) -> Self:
        """A worker with other settings."""
        return type(self)(self.database, self.bucket, self._new_task, self.settings.model_copy(update=given))

    def hand_over(self, content: bytes, owner: str = "local", **params: object) -> str:
        task_id = self._new_task(kind=self.kind, size=len(content), params=params, owner=owner)
        return store(self.bucket, task_id, content)

    def work(self, *task_ids: str) -> None:
        """Process these tasks completely, including their parts."""
        for task_id in task_ids:
            self.lifecycle.run([task_id])
        while self.hints:
            self.lifecycle.run(self.hints.pop(0).task_ids)

    def task(self, task_id: str, owner: str = "local") -> dict[str, Any]:
        with self.database.reading() as db:
            return dict(tasks.get(db, owner, task_id))


class Loading(Working):
    """A worker, and files of contacts for it."""

    kind = "contacts"

    def found(self, task_id: str, owner: str = "local") -> Loaded:
        task = self.task(task_id, owner)
        with self.database.reading() as db:
            rows = db.execute(select(contacts).where(contacts.c.task_id == task_id)).mappings()
            records = {row["key"]: dict(row) | {"data": json.loads(row["data"])} for row in rows}
            pieces, last = [], None
            while found := rejects.read(db, task_id, last):
                pieces += [piece.csv for piece in found]
                last = found[-1]
        return Loaded(task, records, b"".join(pieces).decode())

    def __call__(self, content: bytes | str, owner: str = "local", **params: Any) -> Loaded:
        task_id = self.hand_over(content.encode() if isinstance(content, str) else content, owner, **params)
        self.work(task_id)
        return self.found(task_id, owner)


class Searched(NamedTuple):
    """The outcome of a text."""

    task: dict[str, Any]
    phones: list[Phone]


class Searching(Working):
    """A worker, and texts with phone numbers for it."""

    kind = "phones"

    def __call__(self, content: bytes | str, region: str = "US", **params: Any) -> Searched:
        given = content.encode() if isinstance(content, str) else content
        task_id = self.hand_over(given, region=region, **params)
        self.work(task_id)
        return self.found(task_id)

    def found(self, task_id: str) -> Searched:
        return Searched(self.task(task_id), self.readable(task_id))

    def readable(self, task_id: str) -> list[Phone]:
        """What a client would get now."""
        with self.database.reading() as db:
            task = tasks.get(db, "local", task_id)
            up_to = None if task["outcome"] else parts.first_unfinished(db, task)
            rows, _ = phones.page(db, task_id, phones.Filter(), up_to=up_to, limit=1_000_000, cursor=None)
        return [Phone(**{name: row[name] for name in Phone._fields}) for row in rows]


@pytest.fixture
def settings(database: Database, bucket: Bucket) -> Settings:
    urls: dict[str, Any] = {
        "database_url": str(database.url.render_as_string(hide_password=False)),
        "broker_url": "memory://",
        "bucket_url": f"file://{bucket.root}",
    }
    return Settings(**urls, log_path=bucket.root.with_name("tasks.log"))


@pytest.fixture
def load(database: Database, bucket: Bucket, new_task: NewTask, settings: Settings) -> Loading:
    """Call it with the bytes of a CSV: they are uploaded and processed to the end."""
    return Loading(database, bucket, new_task, settings)


@pytest.fixture
def search(database: Database, bucket: Bucket, new_task: NewTask, settings: Settings) -> Searching:
    """Call it with a text: it is uploaded and searched to the end."""
    return Searching(database, bucket, new_task, settings)
