"""What stands in a stored text before and after a place: the rest of its line, as far as a reader wants to see it."""

import os
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from sqlalchemy import Connection

from md5_task_data import tasks
from md5_task_data.bucket import small_files
from md5_task_data.bucket.folder import Bucket
from md5_task_data.errors import BytesMissing
from md5_task_data.schema import Row

WIDEST = 4  # bytes of a character, at most


class Place(NamedTuple):
    """Where something stands in a file, in bytes, and the text itself."""

    offset: int
    raw: str


class Surroundings(NamedTuple):
    """Up to so many characters of the same line; None if the bytes are no longer stored."""

    before: str | None
    after: str | None


def around(
    db: Connection, bucket: Bucket, task: Row, encoding: str, places: Sequence[Place], width: int
) -> list[Surroundings]:
    """What surrounds these places of a task's file, up to `width` characters on each side."""
    if not tasks.is_kept(task):
        return [Surroundings(None, None)] * len(places)
    content = small_files.get_all(db, [task["id"]]).get(task["id"])
    if content is not None:
        return [_around(place, encoding, width, content, 0) for place in places]
    try:
        return list(_in_bucket(bucket, task["id"], encoding, places, width))
    except BytesMissing:
        return [Surroundings(None, None)] * len(places)


def _in_bucket(
    bucket: Bucket, task_id: str, encoding: str, places: Sequence[Place], width: int
) -> Iterator[Surroundings]:
    reach = width * WIDEST
    with bucket.open(task_id) as file:
        for place in places:
            start = max(0, place.offset - reach)
            size = place.offset - start + len(place.raw) * WIDEST + reach
            yield _around(place, encoding, width, os.pread(file.fileno(), size, start), start)


def _around(place: Place, encoding: str, width: int, content: bytes, start: int) -> Surroundings:
    """From these bytes, which begin at `start` in the file."""
    at = place.offset - start
    end = at + len(place.raw.encode(encoding, "replace"))
    before = content[max(0, at - width * WIDEST) : at].decode(encoding, "replace").rpartition("\n")[2]
    after = content[end : end + width * WIDEST].decode(encoding, "replace").partition("\n")[0]
    return Surroundings(before[len(before) - width if len(before) > width else 0 :], after[:width].rstrip("\r"))
