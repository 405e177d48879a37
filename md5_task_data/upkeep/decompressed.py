"""Reads a file that may be compressed, from beginning to end. Uses constant memory for any input, because a few bytes can
expand to gigabytes."""

import bz2
import gzip
import io
import lzma
import zlib
from collections.abc import Callable
from typing import IO, Any

BLOCK = 1 << 20  # bytes
MOST_MEMORY = 128 << 20  # bytes for xz's dictionary; `xz -9` needs 65 MiB
DAMAGED = (EOFError, zlib.error, lzma.LZMAError, gzip.BadGzipFile)  # what reading may raise besides OSError


Decompressor = bz2.BZ2Decompressor | lzma.LZMADecompressor


def decompressed(file: IO[bytes]) -> IO[bytes]:
    """The contents of a file that is compressed with gzip, bzip2 or xz, or not at all, according to its first bytes."""
    start = file.read(6)
    whole = io.BufferedReader(_Whole(start, file), BLOCK)
    if start.startswith(b"\x1f\x8b"):
        return gzip.GzipFile(fileobj=whole, mode="rb")  # type: ignore[return-value]  # an IO[bytes] in all but its type
    if start.startswith(b"BZh"):
        return io.BufferedReader(_Decompressed(whole, bz2.BZ2Decompressor), BLOCK)
    if start == b"\xfd7zXZ\0":
        return io.BufferedReader(_Decompressed(whole, lambda: lzma.LZMADecompressor(memlimit=MOST_MEMORY)), BLOCK)
    return whole


class _Whole(io.RawIOBase):
    """A file whose first bytes have already been read."""

    def __init__(self, start: bytes, rest: IO[bytes]) -> None:
        self._start = start
        self._rest = rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        piece, self._start = self._start or self._rest.read(len(buffer)), b""
        buffer[: len(piece)] = piece
        return len(piece)


class _Decompressed(io.RawIOBase):
    """Reads as `bz2.BZ2File` and `lzma.LZMAFile` do, but never more than asked for, and with a memory limit."""

    def __init__(self, file: IO[bytes], make: Callable[[], Decompressor]) -> None:
        self._file = file
        self._make = make
        self._decompressor = make()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        """Raises EOFError, LZMAError, OSError."""
        while True:
            data = b""
            if self._decompressor.eof:
                if not (data := self._decompressor.unused_data or self._file.read(BLOCK)).strip(b"\0"):
                    return 0
                self._decompressor = self._make()  # concatenated streams are read as one
            elif self._decompressor.needs_input and not (data := self._file.read(BLOCK)):
                raise EOFError("compressed file ended before the end-of-stream marker was reached")
            if piece := self._decompressor.decompress(data, len(buffer)):
                buffer[: len(piece)] = piece
                return len(piece)
