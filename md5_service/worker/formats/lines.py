"""Cuts a text, at line feeds or, inside lines longer than a piece, at other places where nothing that is searched for is cut.

A `place` is a pattern: a text may be cut after each of its matches. Lines end with a line feed, as for `grep -n`.
"""

import codecs
import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from md5_service.worker.formats import text as texts
from md5_task_data.errors import InvalidInput

LONGEST = 16 << 20  # bytes without a line feed or another place
NEAR = 512  # characters that are looked at together, for the last place

Read = Callable[[int, int], bytes]  # offset, size


class Lines(NamedTuple):
    """Where a piece is in a file: offset and size in bytes, and the number of its first line, from 1."""

    offset: int
    size: int
    line: int


class LineTooLong(InvalidInput):
    """More than 16 MiB of the file have neither a line feed nor another place at which they could be cut, such as the inside of a
    word: this is hardly text. Break the line into several, and upload the file again."""

    code = "line_too_long"


def cut(
    read: Read, where: Lines, encoding: str, place: re.Pattern[str], size_at: Callable[[int], int], most: int
) -> list[Lines]:
    """The first `most` pieces of a part of a file, and the rest as one more. `size_at`: the size, in bytes, of the piece that
    begins at an offset; a piece is longer only if it cannot be cut before. Raises LineTooLong."""
    slices: list[Lines] = []
    offset, line, end = where.offset, where.line, where.offset + where.size
    while offset < end and len(slices) < most:
        size, feeds = _piece(read, offset, end, size_at(offset), encoding, place)
        slices.append(Lines(offset, size, line))
        offset, line = offset + size, line + feeds
    return [*slices, Lines(offset, end - offset, line)] if offset < end else slices


def _piece(read: Read, offset: int, end: int, size: int, encoding: str, place: re.Pattern[str]) -> tuple[int, int]:
    """The bytes and the line feeds of the piece that begins here."""
    is_wide, known = encoding.startswith("utf-16"), 0  # characters in which there is no place
    while size < end - offset:
        content = read(offset, size)
        # Usually nothing need be decoded: where characters are not wide, this byte is a line feed.
        if not is_wide and not known and (at := content.rfind(b"\n") + 1):
            return at, content.count(b"\n", 0, at)
        # Without what may be the beginning of another character.
        decode = codecs.getincrementaldecoder(encoding)(texts.errors(encoding)).decode
        text = decode(content)
        if at := _last(text, 0, len(text), place) if not known else _first(text, known, place):
            return length(text[:at], encoding), text.count("\n", 0, at)
        if size >= LONGEST:
            raise LineTooLong(
                f"From byte {offset} on, {size} bytes have neither a line feed nor another place at which they could be cut. "
                "Break this line into several, and upload the file again."
            )
        known, size = len(text), min(4 * size, LONGEST)
    text, _ = texts.decoded(read(offset, end - offset), encoding)
    return end - offset, text.count("\n")


def pieces(text: str, size: int, place: re.Pattern[str]) -> Iterator[str]:
    """The text in pieces of up to `size` characters, or more where it cannot be cut."""
    start = 0
    while len(text) - start > size:
        end = _last(text, start, start + size, place) or _first(text, start + size, place) or len(text)
        yield text[start:end]
        start = end
    if start < len(text):
        yield text[start:]


def length(text: str, encoding: str) -> int:
    """How many bytes a text has in this encoding."""
    if text.isascii() and not encoding.startswith("utf-16"):
        return len(text)
    return len(text.encode(encoding, texts.errors(encoding)))


def _last(text: str, start: int, end: int, place: re.Pattern[str]) -> int:
    """Where to cut last; 0: nowhere."""
    if feed := text.rfind("\n", start, end) + 1:
        return feed
    for near in range(end, start, -NEAR):
        found = [each.end() for each in place.finditer(text, max(near - NEAR, start), near)]
        if found:
            return found[-1]
    return 0


def _first(text: str, start: int, place: re.Pattern[str]) -> int:
    """Where to cut first after `start`; 0: nowhere."""
    feed, found = text.find("\n", start) + 1, place.search(text, start)
    ends = [end for end in (feed, found.end() if found else 0) if end]
    return min(ends, default=0)
