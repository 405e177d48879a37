"""What stands in a stored text before and after a place: the rest of its line, as far as a reader wants to see it."""

import os
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from sqlalchemy import Connection

from md5_task_data import tasks
from md5_task_data.bucket import small_files
from md5_task_data.bucket.folder import Bucket
from md5_task_data.errors import BytesMissing
from md5_task_data.schema import Row

WIDEST = 4  # bytes of a character, at most
# Where a character begins can only be told from the beginning of a line, or after a byte that is the second of no character.
MULTIBYTE = ("big5", "cp932", "cp949", "gb18030")
FAR = 16 << 10  # bytes in which such a place is looked for
_PLACE = re.compile(rb"[\x00-\x2f]")


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
    reach = _reach(encoding, width)
    with bucket.open(task_id) as file:
        for place in places:
            start = max(0, place.offset - reach)
            size = place.offset - start + (len(place.raw) + width) * WIDEST
            yield _around(place, encoding, width, os.pread(file.fileno(), size, start), start)


def _around(place: Place, encoding: str, width: int, content: bytes, start: int) -> Surroundings:
    """From these bytes, which begin at `start` in the file."""
    at = place.offset - start
    end = at + len(place.raw.encode(encoding, "replace"))
    first = max(0, at - _reach(encoding, width))
    if encoding in MULTIBYTE and start + first > 0:
        begins = content.rfind(b"\n", first, at) + 1
        if not begins and (sign := _PLACE.search(content, first, at)):
            begins = sign.end()
        first = begins or first
    before = content[first:at].decode(encoding, "replace").rpartition("\n")[2].lstrip("\ufeff")
    after = content[end : end + width * WIDEST].decode(encoding, "replace").partition("\n")[0]
    return Surroundings(before[-width:], after[:width].rstrip("\r"))


def _reach(encoding: str, width: int) -> int:
    """How many bytes before a place are looked at."""
    return FAR if encoding in MULTIBYTE else width * WIDEST
