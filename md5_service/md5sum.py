"""Lines as `md5sum` of GNU coreutils 9 writes and reads them (`digest.c`). Names are bytes, and need not be text."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

_STANDS_FOR = {b"\\\\": b"\\", b"\\n": b"\n", b"\\r": b"\r"}
_WRITTEN_AS = {character: escape for escape, character in _STANDS_FOR.items()}
_LISTED = re.compile(rb"[ \t]*(\\?)([0-9a-fA-F]{32})[ \t]([^\0]+)", re.DOTALL)
_TAGGED = re.compile(rb"[ \t]*(\\?)MD5 ?\(([^\0]*)\)[ \t]*=[ \t]*([0-9a-fA-F]{32})", re.DOTALL)


def line(digest: str, name: bytes) -> bytes:
    """The line for a file. If its name has a backslash, newline or carriage return, the name is escaped and the line begins
    with a backslash."""
    escaped = escape(name)
    return (b"\\" if escaped != name else b"") + digest.encode() + b"  " + escaped + b"\n"


def escape(name: bytes) -> bytes:
    return re.sub(rb"[\\\n\r]", lambda found: _WRITTEN_AS[found[0]], name)


@dataclass(frozen=True)
class Listed:
    """A line of a manifest: the name of a file, and its expected MD5 in lower case."""

    md5: str
    name: bytes


def read(lines: Iterable[bytes]) -> Iterator[Listed | None]:
    """The entries of a manifest; None for a line that is improperly formatted. Empty lines and comments are skipped.

    As in md5sum, the first line decides whether names follow one space (BSD) or two characters (GNU).
    """
    is_bsd: bool | None = None
    for whole in lines:
        text = whole.removesuffix(b"\n").removesuffix(b"\r")
        if not text or text.startswith(b"#"):
            continue
        if tagged := _TAGGED.fullmatch(text):
            yield _listed(tagged[3], tagged[2], tagged[1])
            continue
        found = _LISTED.fullmatch(text)
        rest = found[3] if found else b""
        is_short = len(rest) == 1 or rest[:1] not in (b" ", b"*")
        if not found or (is_short and is_bsd is False):
            yield None
            continue
        is_bsd = is_short if is_bsd is None else is_bsd
        yield _listed(found[2], rest if is_bsd else rest[1:], found[1])


def _listed(digest: bytes, name: bytes, escaped: bytes) -> Listed | None:
    if escaped:
        if re.search(rb"\\(?![\\nr])", re.sub(rb"\\[\\nr]", b"", name)):
            return None
        name = re.sub(rb"\\[\\nr]", lambda found: _STANDS_FOR[found[0]], name)
    return Listed(digest.decode().lower(), name)
