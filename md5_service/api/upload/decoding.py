"""Decodes the `Content-Transfer-Encoding` of a form's part (RFC 2045, 6), piece by piece and strictly. Browsers and RFC 7578 do
not use it; Ansible and `curl -F 'file=@f;encoder=base64'` do."""

import binascii
import re
from collections.abc import Callable, Mapping
from typing import Protocol

from starlette.exceptions import HTTPException

from md5_task_data.errors import Malformed

LONGEST_LINE = 1000  # bytes of a quoted-printable line; RFC 2045 allows 76
MOST_GROWTH = 4  # encoded bytes per decoded byte, at most, including line ends
WHITESPACE = b"\t\n\r "
LINES = re.compile(rb"(?:(?:[\t !-<>-~]|=[0-9A-Fa-f]{2})*+=?[\t ]*\r?\n)*+")
AT_END_OF_LINE = re.compile(rb"(?<![\t ])[\t ]++(?=\r?\n)")  # added in transit (RFC 2045, 6.7, rule 3)


class Decoder(Protocol):
    """Decodes one part."""

    def decode(self, piece: memoryview) -> bytes:
        """The bytes that can be decoded so far. Raises Malformed."""

    def end(self) -> bytes:
        """The remaining bytes, at the end of the part. Raises Malformed."""


class Base64:
    """RFC 2045, 6.8."""

    def __init__(self) -> None:
        self._held = b""
        self._has_ended = False

    def decode(self, piece: memoryview) -> bytes:
        digits = self._held + bytes(piece).translate(None, WHITESPACE)
        whole = len(digits) - len(digits) % 4
        digits, self._held = digits[:whole], digits[whole:]
        if self._has_ended and (digits or self._held):
            raise _broken("there is data after the end of the base64")
        try:
            decoded = binascii.a2b_base64(digits, strict_mode=True)
        except binascii.Error:
            raise _broken("the base64 has invalid characters") from None
        self._has_ended |= digits.endswith(b"=")
        return decoded

    def end(self) -> bytes:
        if self._held:
            raise _broken("the base64 is incomplete")
        return b""


class QuotedPrintable:
    """RFC 2045, 6.7."""

    def __init__(self) -> None:
        self._held = b""

    def decode(self, piece: memoryview) -> bytes:
        held = self._held + bytes(piece)
        lines, newline, self._held = held.rpartition(b"\n")
        if max(map(len, held.split(b"\n"))) > LONGEST_LINE:
            raise _broken(f"a line of the quoted-printable data is longer than {LONGEST_LINE} bytes")
        return self._whole(lines + newline)

    def end(self) -> bytes:
        held = self._held.rstrip(b"\t ")  # added in transit, as at the end of every line
        return self._whole(held + b"=\n") if held else b""  # a soft line break, which adds nothing

    def _whole(self, lines: bytes) -> bytes:
        if LINES.fullmatch(lines) is None:
            raise _broken("the quoted-printable data has invalid characters")
        return binascii.a2b_qp(AT_END_OF_LINE.sub(b"", lines))


DECODERS: Mapping[str, Callable[[], Decoder] | None] = {
    "7bit": None,
    "8bit": None,
    "binary": None,
    "base64": Base64,
    "quoted-printable": QuotedPrintable,
}


def decoder_of(encoding: str) -> Decoder | None:
    """The decoder for an encoding; None if the bytes are not encoded. Raises HTTPException(415)."""
    name = encoding.strip().lower()
    if name not in DECODERS:
        known = ", ".join(DECODERS)
        detail = f"The Content-Transfer-Encoding {name[:40]!r} of a part is not supported; it must be one of: {known}."
        raise HTTPException(415, detail)
    make = DECODERS[name]
    return make() if make else None


def _broken(what: str) -> Malformed:
    return Malformed(f"A part of the form could not be decoded: {what}. Nothing was stored.")
