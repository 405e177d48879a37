"""Lines of `md5sum`, written and read exactly as the real one does, for any names and any lines."""

import hashlib
import os
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from md5_service import md5sum
from md5_service.cli.check import outcome_line
from tests.client import IN_TIME_S

ODD = b"\\\n\r nr*()= #-\t\"'\xff\xc3\xa9\xe2\x80\x8f"
ODD_NAMES = st.lists(st.sampled_from(ODD), min_size=1, max_size=12).map(bytes)
ANY_NAMES = st.binary(min_size=1, max_size=30).map(lambda name: name.replace(b"/", b"_").replace(b"\0", b"0"))
NAMES = st.sets(st.one_of(ODD_NAMES, ANY_NAMES).filter(lambda name: name not in (b".", b"..", b"-")), min_size=1)
DIGEST = hashlib.md5(b"x").hexdigest().encode()


def run(*arguments: str | bytes, folder: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(["md5sum", *arguments], cwd=folder, input=stdin, capture_output=True, timeout=IN_TIME_S)


def lines(text: bytes) -> list[bytes]:
    """Split as a file is read: only a newline ends a line."""
    return [line + b"\n" for line in text.split(b"\n")[:-1]]


@settings(max_examples=20, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(names=NAMES)
def test_names_as_md5sum_writes_and_reads_them(names: set[bytes]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            Path(os.fsdecode(os.fsencode(folder) + b"/" + name)).write_bytes(name)
        named = sorted(names)
        digests = [hashlib.md5(name).hexdigest() for name in named]
        for option in ("--text", "--tag", "--binary"):
            written = run(option, "--", *named, folder=folder)
            assert list(md5sum.read(lines(written.stdout))) == list(map(md5sum.Listed, digests, named))
        ours = b"".join(map(md5sum.line, digests, named))
        assert ours == run("--", *named, folder=folder).stdout
        checked = run("-c", "--strict", folder=folder, stdin=ours)
        assert (checked.returncode, checked.stderr) == (0, b"")
        assert checked.stdout == b"".join(outcome_line(name, "OK") for name in named)


PIECES = [
    DIGEST,
    DIGEST.upper(),
    DIGEST[:-1],
    DIGEST + b"0",
    b"MD5",
    b"SHA1",
    b"(a)",
    b"(",
    b")",
    b"=",
    b" = ",
    b"a",
    b"b",
]
PIECES += [b" ", b"  ", b" *", b"\t", b"\\", b"\\n", b"\\\\", b"\\x", b"#", b"\r", b"g"]
WELL_FORMED = [DIGEST + b"  a", b"MD5 (a) = " + DIGEST, b"\\" + DIGEST + b"  a\\n", DIGEST + b" a", DIGEST + b" *a\r"]
LINES = st.one_of(st.lists(st.sampled_from(PIECES), max_size=7).map(b"".join), st.sampled_from(WELL_FORMED))


@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(manifest=st.lists(LINES, min_size=1, max_size=12))
def test_lines_as_md5sum_understands_them(manifest: Sequence[bytes]) -> None:
    text = b"\n".join(manifest) + b"\n"
    with tempfile.TemporaryDirectory() as folder:
        theirs = run("-c", folder=folder, stdin=text)
    ours = list(md5sum.read(lines(text)))
    formed = [listed for listed in ours if listed is not None]
    assert theirs.stdout == b"".join(outcome_line(listed.name, "FAILED open or read") for listed in formed)
