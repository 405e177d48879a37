"""Files in a bucket, as the API stores them."""

from pathlib import Path

import uuid_utils

from md5_task_data.bucket.folder import Bucket


def store(bucket: Bucket, task_id: str = "", content: bytes = b"abc") -> str:
    """Store a file and return its id; without `task_id`, an id that no row has."""
    task_id = task_id or str(uuid_utils.uuid7())
    incoming = bucket.receive(task_id)
    incoming.write([content])
    incoming.store()
    return task_id


def names(bucket: Bucket) -> set[str]:
    return {path.name for path in files(bucket.root)}


def files(folder: Path) -> list[Path]:
    """All files below it, including partial uploads."""
    return [path for path in folder.rglob("*") if path.is_file()]
