"""The work of reading a request grows linearly with its bytes, whatever a client sends."""

import contextlib
import io
from collections.abc import Callable
from functools import partial

import pytest
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException

from md5_service import md5sum
from md5_service.api.routes import metrics
from md5_service.api.routes import tasks as routes
from md5_service.api.upload import decoding, digests, disposition
from md5_service.api.upload.form import BOUNDARY
from md5_task_data.errors import InvalidInput, Malformed
from tests.linear import assert_linear

SMALL = 1000  # bytes

RUNS: dict[str, Callable[[int], bytes]] = {
    "spaces": lambda n: b" " * n,
    "spaces before a letter": lambda n: b" " * n + b"x",
    "tabs and spaces after a letter": lambda n: b"x" + b"\t " * (n // 2) + b"x",
    "letters": lambda n: b"a" * n,
    "semicolons": lambda n: b";" * n,
    "quotes": lambda n: b'"' * n,
    "quoted quotes": lambda n: b'\\"' * (n // 2),
    "backslashes": lambda n: b"\\" * n,
    "equals signs": lambda n: b"=" * n,
    "parameters": lambda n: b';a="b"' * (n // 6),
    "parameters with spaces": lambda n: b' ; a = "b" ' * (n // 11),
    "an open parameter": lambda n: b'form-data; name="' + b"a " * (n // 2),
    "commas": lambda n: b"," * n,
    "commas with spaces": lambda n: b" ," * (n // 2),
    "digests": lambda n: b"md5=:AAAA:;" + b" " * n + b"x,",
    "percent signs": lambda n: b"filename*=utf-8''" + b"%41" * (n // 3),
    "versions": lambda n: b"version=1." * (n // 10) + b" " * n,
    "waits": lambda n: b"wait=1, " * (n // 8),
    "tags": lambda n: b'W/"a", ' * (n // 7),
    "lines": lambda n: b"\n" * n,
    "lines of spaces": lambda n: (b" " * 900 + b"\n") * (n // 901),
    "lines of spaces before a letter": lambda n: (b" " * 900 + b"x\n") * (n // 902),
    "soft line ends": lambda n: b"=\r\n" * (n // 3),
    "encoded bytes": lambda n: b"=3D" * (n // 3),
    "encoded bytes in lines": lambda n: (b"=3D" * 25 + b"=\r\n") * (n // 78),
    "brackets": lambda n: b"MD5 (" + b")" * n,
    "lines of md5sum": lambda n: (b"0" * 32 + b"  " + b"\\" * 60 + b"\n") * (n // 95),
    "an escaped name": lambda n: b"\\" + b"0" * 32 + b"  " + b"\\n" * (n // 2),
    "slashes": lambda n: b"/" * n,
}


def decoded(encoding: str) -> Callable[[bytes], object]:
    def decode(content: bytes) -> object:
        decoder = decoding.decoder_of(encoding)
        assert decoder is not None
        pieces = [decoder.decode(memoryview(content)[at : at + 700]) for at in range(0, len(content), 700)]
        return [*pieces, decoder.end()]

    return decode


def text(content: bytes) -> str:
    return content.decode("latin-1")


PLACES: dict[str, Callable[[bytes], object]] = {
    "Content-Disposition": disposition.parameters,
    "Repr-Digest": lambda content: digests.of(Headers({"Repr-Digest": text(content)})),
    "Content-MD5": lambda content: digests.of(Headers({"Content-MD5": text(content)})),
    "a boundary": BOUNDARY.fullmatch,
    "base64": decoded("base64"),
    "quoted-printable": decoded("quoted-printable"),
    "Accept of metrics": lambda content: metrics.ODD_VERSION.search(text(content)),
    "If-None-Match": lambda content: routes._is_known('"x"', text(content)),
    "a manifest": lambda content: list(md5sum.read(io.BytesIO(content))),
    "a line of a manifest": lambda content: md5sum.line("0" * 32, content),
    "the name of a download": lambda content: routes._saved_as(text(content)),
}


@pytest.mark.parametrize("place", PLACES)
def test_long_runs(place: str) -> None:
    def read(run: Callable[[int], bytes], size: int) -> None:
        with contextlib.suppress(InvalidInput, Malformed, HTTPException):  # the time of a refusal counts, too
            PLACES[place](run(size))

    for run in RUNS.values():
        assert_linear(partial(read, run), SMALL)
