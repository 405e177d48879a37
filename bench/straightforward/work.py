"""What a worker does with a task, through whichever queue its message came."""

import fcntl
import hashlib
import json
import os
from datetime import UTC, datetime
from pathlib import Path

from bench.straightforward.models import Task, session

UPLOADS = Path(os.environ["UPLOADS"])
LOG_PATH = Path(os.environ["LOG_PATH"])


class LogIsBusy(Exception):
    """Another worker is writing to the log: retry later."""


def work_on(task_id: str) -> None:
    """Hash the file, store the result, write the line; everything but the line only once. Raises LogIsBusy."""
    with session() as db:
        task = db.get_one(Task, task_id)
        if task.status != "done":
            with open(UPLOADS / task_id, "rb") as file:
                task.md5 = hashlib.file_digest(file, "md5").hexdigest()
            task.status = "done"
            task.finished_at = datetime.now(UTC)
        line = json.dumps({"at": str(task.finished_at), "id": task.id, "name": task.filename, "md5": task.md5})
        db.commit()
    _append(line)


def _append(line: str) -> None:
    with open(LOG_PATH, "a") as log:
        try:
            fcntl.flock(log, fcntl.LOCK_EX | fcntl.LOCK_NB)  # released when it is closed
        except BlockingIOError:
            raise LogIsBusy from None
        log.write(f"{line}\n")
