"""An attempt at a task by a worker whose only kind is supplied by the test."""

from collections.abc import Callable
from typing import Any

from md5_service.settings import Settings
from md5_service.worker.job import Job
from md5_service.worker.lifecycle import Lifecycle
from md5_service.worker.verbs import Outcome, Verbs
from md5_task_data import tasks
from md5_task_data.bucket.folder import Bucket
from md5_task_data.database.engine import Database


def lifecycle(
    database: Database, bucket: Bucket, work: Callable[[Job], Outcome], kind: str = "md5", **given: Any
) -> Lifecycle:
    """A lifecycle whose only kind is `work`; keyword arguments are settings."""
    urls: dict[str, Any] = {
        "database_url": str(database.url),
        "broker_url": "memory://",
        "bucket_url": f"file://{bucket.root}",
    }
    settings = Settings(**urls, log_path=bucket.root.with_name("tasks.log"), **given)
    return Lifecycle(settings, database, bucket, {kind: Verbs(work)}, lambda messages: None)


def row(database: Database, task_id: str) -> dict[str, Any]:
    with database.reading() as db:
        return dict(tasks.get(db, "local", task_id))
