"""The format of a backup: a tar that is written and read from beginning to end, so it can go through a pipe.

about.json                   format, schema version, when it was made
log/tasks.log                the log, up to the length that the rows know
bucket/<xx>/<id>             bytes of tasks, named as in the bucket
database/<table>.jsonl.gz    rows; see `rows`
backup.json                  what the backup holds, and the SHA-256 of the names and bytes of all members above

The last member proves that the backup is complete. Without it, or if it does not match, the backup was cut or changed.
The tar may be compressed.
"""

import hashlib
import io
import json
import re
import tarfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

from md5_task_data.bucket.folder import place_in
from md5_task_data.errors import DependencyAway, InvalidInput
from md5_task_data.schema import SECOND, rfc3339
from md5_task_data.upkeep.decompressed import DAMAGED, decompressed

FORMAT = 1  # of the archive; incremented when an older program could not read it
ABOUT, WHOLE, LOG = "about.json", "backup.json", "log/tasks.log"
BYTES = re.compile(r"bucket/([0-9a-f]{2})/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{10}\1)")
ROWS = re.compile(r"database/([a-z_]{1,64})\.jsonl\.gz")
BLOCK = 1 << 20  # bytes that are read and written at a time
MOST_WORDS = 1 << 20  # bytes of about.json and backup.json
MOST_OF_HEAD = 4 * BLOCK  # bytes that are read for the header of a member, including read-ahead

Digest = Callable[[bytes], object]


def bytes_name(task_id: str) -> str:
    """The member with a task's bytes."""
    return str(place_in(Path("bucket"), task_id))


def rows_name(table: str) -> str:
    """The member with a table's rows."""
    return f"database/{table}.jsonl.gz"


class Writer:
    """Writes a backup, member after member, in constant memory. Every method raises OSError."""

    def __init__(self, file: IO[bytes], schema: str, made_at: int) -> None:
        """`made_at`: the moment of the backup's contents, in microseconds since 1970."""
        self.made_at = made_at
        self._tar = tarfile.open(fileobj=file, mode="w|", format=tarfile.PAX_FORMAT, bufsize=BLOCK)  # noqa: SIM115 (closed by `end`)
        self._hash = hashlib.sha256()
        self.add_json(ABOUT, {"format": FORMAT, "schema": schema, "made_at": rfc3339(self.made_at)})

    def add(self, name: str, file: IO[bytes], size: int) -> None:
        """Add the next `size` bytes of the file, which must have as many."""
        member = tarfile.TarInfo(name)
        member.size, member.mode, member.mtime = size, 0o600, self.made_at // SECOND
        self._hash.update(_named(name, size))
        self._tar.addfile(member, _Hashed(file, self._hash.update))
        self._tar.members.clear()  # type: ignore[attr-defined]  # or tarfile keeps every member in memory

    def add_json(self, name: str, words: Mapping[str, Any]) -> None:
        raw = json.dumps(words, indent=1).encode() + b"\n"
        self.add(name, io.BytesIO(raw), len(raw))

    def abandon(self) -> None:
        """Write nothing more. Otherwise the tar would still write when it is garbage-collected."""
        self._tar.fileobj.closed = True  # type: ignore[attr-defined]  # closes tarfile's own stream, not `file`

    def end(self, holds: Mapping[str, Any]) -> None:
        """Add the last member, which says what the backup holds."""
        self.add_json(WHOLE, {**holds, "sha256": self._hash.hexdigest()})
        self._tar.close()


@dataclass(frozen=True)
class Member:
    name: str
    size: int
    file: io.BufferedIOBase

    def blocks(self) -> Iterator[bytes]:
        while block := self.file.read(BLOCK):
            yield block


class Reader:
    """Reads a backup, member after member. `about` is set at once, `holds` at the end. Every method raises InvalidInput for
    a file that is not a whole backup, and DependencyAway if it cannot be read."""

    def __init__(self, file: IO[bytes]) -> None:
        self.holds: Mapping[str, Any] = {}
        self._hash = hashlib.sha256()
        with _reading():
            self._source = _Source(decompressed(file))
            try:
                source = cast(IO[bytes], self._source)
                self._tar = tarfile.open(fileobj=source, mode="r|", bufsize=BLOCK)  # noqa: SIM115 (nothing needs closing)
            except (tarfile.ReadError, EOFError):
                raise _no_backup() from None
        first = self._next()
        if first is None or first.name != ABOUT:
            raise _no_backup()
        self.about = _json(first)
        if self.about.get("format") != FORMAT:
            raise InvalidInput(
                f"this backup has the format {self.about.get('format')!r}; this version reads format {FORMAT}. "
                "Use the version of md5-service that made it, or a newer one"
            )

    def members(self) -> Iterator[Member]:
        """All members between the first and the last. Ends without an error only if the backup is whole; until then, do not
        trust any of it. Reads the rest of each member that its user has not read."""
        while member := self._next():
            if member.name == WHOLE:
                return
            yield member
            for _ in member.blocks():
                pass
        raise InvalidInput("this backup is incomplete: it was cut, or is still being written; use another one")

    def _next(self) -> Member | None:
        digest = self._hash.hexdigest()
        with _reading(), self._source.of_a_head():
            info = self._tar.next()
        self._tar.members.clear()  # type: ignore[attr-defined]  # or tarfile keeps every member in memory
        if info is None:
            return None
        file = self._tar.extractfile(info) if info.isreg() else None
        if file is None or (info.name in (ABOUT, WHOLE) and info.size > MOST_WORDS):
            raise _damaged()
        self._hash.update(_named(info.name, info.size))
        member = Member(info.name, info.size, _FromBackup(file, self._hash.update))
        if info.name == WHOLE:
            self.holds = _json(member)
            if self.holds.get("sha256") != digest:
                raise _damaged()
        return member


class _Source:
    """The file from which a tar is read. Limits what tarfile reads for the header of a member, which it holds in memory."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._left: float = MOST_OF_HEAD

    @contextmanager
    def of_a_head(self) -> Iterator[None]:
        self._left = MOST_OF_HEAD
        yield
        self._left = float("inf")

    def read(self, size: int) -> bytes:
        block = self._file.read(size)
        self._left -= len(block)
        if self._left < 0:
            raise tarfile.ReadError
        return block


class _Hashed(io.BufferedIOBase):
    """Reads from a file, and passes what was read to `digest`."""

    def __init__(self, file: IO[bytes], digest: Digest) -> None:
        self._file = file
        self._digest = digest

    def read(self, size: int | None = -1, /) -> bytes:
        block = self._file.read(-1 if size is None else size)
        self._digest(block)
        return block

    def readable(self) -> bool:
        return True


class _FromBackup(_Hashed):
    def read(self, size: int | None = -1, /) -> bytes:
        with _reading():
            return super().read(size)


@contextmanager
def _reading() -> Iterator[None]:
    try:
        yield
    except (
        tarfile.TarError,
        *DAMAGED,
        ValueError,
        IndexError,
        RecursionError,
    ):  # the last three: raised by tarfile for odd headers
        raise _damaged() from None
    except OSError as error:
        if error.errno is None:  # raised by bzip2
            raise _damaged() from None
        raise DependencyAway(f"the backup cannot be read: {error.strerror or error}") from error


def _json(member: Member) -> dict[str, Any]:
    try:
        words = json.loads(member.file.read(MOST_WORDS))
    except (ValueError, RecursionError):
        raise _damaged() from None
    if not isinstance(words, dict):
        raise _damaged()
    return words


def _named(name: str, size: int) -> bytes:
    return f"{name}\0{size}\0".encode()


def _no_backup() -> InvalidInput:
    return InvalidInput(
        "this is not a backup of md5-service: give a file that `md5-service backup` wrote; it may be compressed with gzip, "
        "bzip2 or xz"
    )


def _damaged() -> InvalidInput:
    return InvalidInput("this backup is damaged: it was cut, or changed after it was made; use another one")
