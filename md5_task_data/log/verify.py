"""Checks that the shared log is whole: its own hash chain, and a comparison with the table or with the log of a backup. For
processes that do not write to the log at the same time."""

import hashlib
import io
import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple

from sqlalchemy import select

from md5_task_data.database.engine import Database
from md5_task_data.errors import DependencyAway
from md5_task_data.log.shared_log import FIRST_HASH, read_log_head
from md5_task_data.schema import log_lines

LONGEST_LINE = 1 << 20  # bytes; ordinary lines have a few hundred


class Verdict(NamedTuple):
    """What `verify` found: the number of correct lines, and what is wrong after them (None: nothing)."""

    lines: int
    wrong: str | None


def verify(path: Path, database: Database | None = None) -> Verdict:
    """Walk the hash chain of a log file, in constant memory. Raises OSError if it cannot be read, and DependencyAway.

    Each line vouches for the one before it, so the chain alone reveals lines that were changed, moved, or removed from
    the middle. Only the table can reveal a changed last line or a cut at the end; it is checked if a database is given.
    The chain detects accidents and careless edits; somebody who can write both the file and the database can build a
    new chain.
    """
    flushed = 0
    if database is not None:
        with database.reading() as db:
            flushed = read_log_head(db).flushed  # read before the file, which only grows meanwhile
    seq, prev, length = 0, FIRST_HASH, 0
    with open(path, "rb") as file:
        while raw := file.readline(LONGEST_LINE):
            if not raw.endswith(b"\n"):
                return Verdict(seq, f"line {seq + 1} is incomplete: its newline is missing")
            if wrong := _wrong(raw[:-1], seq + 1, prev):
                return Verdict(seq, f"line {seq + 1} {wrong}")
            seq, prev, length = seq + 1, hashlib.sha256(raw[:-1]).hexdigest(), length + len(raw)
    if database is not None and seq and _hash_in_table(database, seq) != prev:
        return Verdict(seq - 1, f"line {seq} differs from the database: it was changed")
    if length < flushed:
        return Verdict(seq, f"lines are missing after line {seq}: the database has more, so the file was cut")
    return Verdict(seq, None)


@contextmanager
def beginning(path: Path, length: int) -> Iterator[tuple[IO[bytes], int]]:
    """A log file to read, and how many of its first `length` bytes exist: fewer if some are not written yet. Written bytes
    never change. Raises DependencyAway."""
    try:
        file: IO[bytes] = open(path, "rb")  # noqa: SIM115 (closed below)
    except FileNotFoundError:
        file = io.BytesIO()
    except OSError as error:
        raise DependencyAway(f"the log {path} cannot be read: {error.strerror}") from error
    with file:
        size = file.seek(0, os.SEEK_END)
        file.seek(0)
        yield file, min(size, length)


def is_of_another(path: Path, blocks: Iterable[bytes]) -> bool:
    """Whether the existing log, if there is one, and the log in `blocks` differ where both have bytes, so that they are not
    two states of the same log. Reads only as many blocks as it needs. Raises DependencyAway."""
    with beginning(path, 0) as (file, _):
        return any(not block.startswith(file.read(len(block))) for block in blocks)


def lines_beyond(path: Path, length: int) -> Iterator[dict[str, Any]]:
    """The lines after the first `length` bytes of a log; skips what is not a line. Raises DependencyAway."""
    with beginning(path, length) as (file, _):
        file.seek(length)
        while raw := file.readline(LONGEST_LINE):
            try:
                line = json.loads(raw)
            except (ValueError, RecursionError):
                continue
            if isinstance(line, dict):
                yield line


def _hash_in_table(database: Database, seq: int) -> str | None:
    with database.reading() as db:
        line = db.scalar(select(log_lines.c.line).where(log_lines.c.seq == seq))
    return None if line is None else hashlib.sha256(line.encode()).hexdigest()


def _wrong(raw: bytes, seq: int, prev: str) -> str | None:
    try:
        line: Any = json.loads(raw)
    except (ValueError, RecursionError):
        return "is not JSON: it was changed or torn"
    if not isinstance(line, dict) or "prev" not in line:
        return "is not a line of this log"
    if line.get("seq") != seq:
        return f"has the number {line.get('seq')}: a line was removed, added or moved"
    if line["prev"] != prev:
        return "does not match the hash of the line before it: one of the two was changed"
    return None
