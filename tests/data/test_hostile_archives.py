"""Malicious archives are refused with a message, nothing is run or left behind, and memory stays constant."""

import bz2
import gzip
import io
import json
import lzma
import resource
import subprocess
import sys
import tarfile
import uuid
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from md5_task_data import migrations
from md5_task_data.database.engine import Database
from md5_task_data.errors import InvalidInput
from md5_task_data.upkeep.archive import Writer
from tests.checkout import ROOT
from tests.client import IN_TIME_S
from tests.data.archives import rewritten
from tests.data.place import Place, staged
from tests.servers.postgres import Postgres

Change = Callable[[list[Any]], list[Any]]


@pytest.fixture
def on_postgresql(postgres: Postgres, tmp_path: Path) -> Iterator[Place]:
    """An empty place, on a database where names become part of COPY."""
    url = postgres.new_empty_database()
    place = Place(tmp_path / "on-postgresql", Database(url))
    yield place
    place.database.close()
    postgres.drop_database(url)


def with_rows(archive: bytes, change: Change, of: str = "tasks") -> bytes:
    """A backup with other lines in a table, after its header; bytes are used as a line unchanged."""

    def changed(name: str, content: bytes) -> bytes:
        if name != f"database/{of}.jsonl.gz":
            return content
        lines = change([json.loads(line) for line in gzip.decompress(content).splitlines()])
        whole = (line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines)
        return gzip.compress(b"\n".join(whole) + b"\n")

    return rewritten(archive, changed)


def assert_refused(other: Place, archive: bytes, words: str = "damaged|database does not accept") -> None:
    with pytest.raises(InvalidInput, match=words) as refused:
        other.restore(archive)
    assert len(str(refused.value)) < 1000
    assert other.is_empty()
    if other.bucket.root.exists():
        assert other.files() == {}
        assert staged(other) == []


NAMES = [
    "owner\") FROM PROGRAM 'touch {owned}' --",
    'owner" = 1) FROM STDIN --',
    'owner"',
    "ctid",
    "nothing",
    "",
    "a" * 100_000,
]


def test_names_in_an_archive_get_into_no_statement(place: Place, on_postgresql: Place, tmp_path: Path) -> None:
    """COPY … FROM PROGRAM runs a program, which the database's superuser may do."""
    archive = place.backup()
    for name in NAMES:
        column = name.format(owned=tmp_path / "owned")

        def other_column(lines: list[Any], column: str = column) -> list[Any]:
            columns = {column if name == "owner" else name: sort for name, sort in lines[0]["columns"].items()}
            return [{**lines[0], "columns": columns}, *lines[1:]]

        assert_refused(on_postgresql, with_rows(archive, other_column))
        assert_refused(on_postgresql, with_rows(archive, partial(of_table, column)))
    assert not (tmp_path / "owned").exists()


def of_table(name: str, lines: list[Any]) -> list[Any]:
    return [{**lines[0], "table": name}, *lines[1:]]


def _with_value(column: str, value: object) -> Change:
    def change(lines: list[Any]) -> list[Any]:
        at = list(lines[0]["columns"]).index(column)
        header, row, *others = lines
        return [header, [*row[:at], value, *row[at + 1 :]], *others]

    return change


ROWS: dict[str, Change] = {
    "of another table": partial(of_table, "api_keys"),
    "with no columns": lambda lines: [{**lines[0], "columns": {}}, *([] for _ in lines[1:])],
    "with columns of another sort": lambda lines: [
        {**lines[0], "columns": dict.fromkeys(lines[0]["columns"], "plain")},
        *lines[1:],
    ],
    "with columns of a sort that is none": lambda lines: [
        {**lines[0], "columns": dict.fromkeys(lines[0]["columns"], "x")},
        *lines[1:],
    ],
    "with columns that are a list": lambda lines: [{**lines[0], "columns": list(lines[0]["columns"])}, *lines[1:]],
    "with more in the header": lambda lines: [{**lines[0], "more": 1}, *lines[1:]],
    "with a header that is none": lambda lines: [[], *lines[1:]],
    "without a header": lambda lines: lines[1:],
    "with nothing": lambda lines: [],
    "with an endless header": lambda lines: [b'{"table":' + b" " * 200_000, *lines[1:]],
    "with a deep header": lambda lines: [b"[" * 60_000, *lines[1:]],
    "with a deep row": lambda lines: [lines[0], b"[" * 1_000_000],
    "with a deep long row": lambda lines: [lines[0], b"[" * 3_000_000],
    "that are no JSON": lambda lines: [lines[0], b"not one"],
    "that are no lists": lambda lines: [lines[0], {"id": 1}],
    "that are one number": lambda lines: [lines[0], 1],
    "with too few values": lambda lines: [lines[0], *(row[:-1] for row in lines[1:])],
    "with too many values": lambda lines: [lines[0], *([*row, None] for row in lines[1:])],
    "with a path as an id": _with_value("id", "../../../../etc/passwd"),
    "with a longer path as an id": _with_value("id", "/tmp/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
    "with a path as another's id": _with_value("retry_of", "../../../../etc/passwd"),
    "with an id in capitals": _with_value("id", str(uuid.uuid4()).upper().replace("1", "A")),
    "with a number as an id": _with_value("id", 1),
    "with a list as a text": _with_value("owner", ["local"]),
    "with a number as a text": _with_value("owner", 1),
    "with a text as a number": _with_value("size", "3"),
    "with yes as a number": _with_value("size", True),
    "with a fraction as a number": _with_value("size", 0.5),
    "with no number as a number": _with_value("size", float("nan")),
    "with a number beyond all": _with_value("size", 2**63),
    "with half a character": _with_value("filename", "\ud800"),
    "with bytes that are no base64": _with_value("filename_bytes", "é"),
    "without an owner": _with_value("owner", None),
}


@pytest.mark.parametrize("how", ROWS)
def test_rows_that_are_none(place: Place, other: Place, how: str) -> None:
    assert_refused(other, with_rows(place.backup(), ROWS[how]))


ABOUT: dict[str, dict[str, Any]] = {
    "a path as a time": {"made_at": "../../../tmp/owned"},
    "no time": {"made_at": None},
    "an endless time": {"made_at": "1" * 100_000},
    "no schema": {"schema": None},
    "a schema that is a list": {"schema": ["0009"]},
    "a schema of words": {"schema": "0009; DROP TABLE tasks"},
}


@pytest.mark.parametrize("what", ABOUT)
def test_what_it_says_of_itself_is_not_believed(
    place: Place, other: Place, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Writer.add_json
    monkeypatch.setattr(Writer, "add_json", lambda self, name, given: real(self, name, {**given, **ABOUT[what]}))
    assert_refused(other, place.backup(), "does not say when it was made")


@pytest.mark.parametrize("held", [None, [], "rows", {"tasks": "9"}, {"tasks": None}, {}])
def test_what_it_says_of_its_rows_is_not_believed(
    place: Place, other: Place, held: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Writer.add_json

    def add_json(self: Writer, name: str, given: dict[str, Any]) -> None:
        real(self, name, {**given, "rows": held} if "rows" in given else given)

    monkeypatch.setattr(Writer, "add_json", add_json)
    assert_refused(other, place.backup())


def member(name: str, kind: bytes, size: int = 0, **headers: str) -> bytes:
    info = tarfile.TarInfo(name)
    info.type, info.size, info.pax_headers = kind, size, headers
    return info.tobuf(tarfile.GNU_FORMAT)


def letters(size: int) -> Iterator[bytes]:
    for _ in range(size >> 20):
        yield b"a" * (1 << 20)


def long_name() -> Iterator[bytes]:
    """A gigabyte of name, which compresses to about a megabyte."""
    yield member("././@LongLink", tarfile.GNUTYPE_LONGNAME, 1 << 30)
    yield from letters(1 << 30)


def long_headers() -> Iterator[bytes]:
    yield member("x", tarfile.XHDTYPE, 1 << 30)
    yield from letters(1 << 30)


def many_headers() -> Iterator[bytes]:
    for _ in range(60_000):
        yield member("x", tarfile.XHDTYPE, 512) + b"20 path=aaaaaaaaaaa\n".ljust(512, b"\0")


def many_global_headers() -> Iterator[bytes]:
    for number in range(60_000):
        record = b"29 key%010d=aaaaaaaaaaaa\n" % number
        yield member("x", tarfile.XGLTYPE, len(record)) + record.ljust(512, b"\0")


def sparse() -> Iterator[bytes]:
    head = bytearray(member("x", tarfile.GNUTYPE_SPARSE))
    head[482] = 1  # more of its map follows
    head[148:156] = b"%06o\0 " % (sum(head[:148]) + sum(head[156:512]) + 8 * 32)
    yield bytes(head)
    for _ in range(300_000):
        yield (b"%011o\0" % 1) * 42 + b"\1" + bytes(7)


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE])
def test_what_is_no_file_in_an_archive_is_refused(other: Place, kind: bytes) -> None:
    begins = io.BytesIO()
    Writer(begins, migrations.HEAD, 0)  # with its first member
    assert_refused(other, begins.getvalue() + member("bucket/00", kind) + bytes(1024), "damaged")


TARS = {f.__name__.replace("_", " "): f for f in (long_name, long_headers, many_headers, many_global_headers, sparse)}
MOST_BYTES = 200 << 20  # that such an archive may cost
RESTORE = """
import io, resource, sys
from pathlib import Path
from md5_task_data.upkeep.archive import Reader
from md5_task_data.errors import InvalidInput
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    with open(sys.argv[1], "rb") as file:
        for member in Reader(file).members():
            for _ in member.blocks():
                pass
    print("taken")
except InvalidInput as error:
    print("damaged" in str(error) or "not a backup" in str(error), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.mark.parametrize("how", TARS)
def test_heads_of_a_tar_that_are_endless_take_no_memory(how: str, tmp_path: Path) -> None:
    begins = io.BytesIO()
    Writer(begins, migrations.HEAD, 0)  # with its first member
    with gzip.open(tmp_path / "b.tar.gz", "wb", 1) as archive:
        archive.write(begins.getvalue())
        for piece in TARS[how]():
            archive.write(piece)
    assert grown(tmp_path / "b.tar.gz") < MOST_BYTES


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_what_is_compressed_a_thousandfold_is_unpacked_piece_by_piece(
    pack: Callable[[bytes], bytes], tmp_path: Path
) -> None:
    whole = pack(b"a" * (1 << 20)) * 1000  # several together are as good as one
    (tmp_path / "bomb").write_bytes(whole)
    assert grown(tmp_path / "bomb") < MOST_BYTES


def test_a_dictionary_of_xz_has_a_limit(tmp_path: Path) -> None:
    filters = [{"id": lzma.FILTER_LZMA2, "dict_size": 1 << 30}]
    (tmp_path / "b.tar.xz").write_bytes(lzma.compress(b"a" * 2000, filters=filters))
    assert grown(tmp_path / "b.tar.xz") < MOST_BYTES


def grown(archive: Path) -> int:
    """How many bytes a process grows by when it reads this archive, which it must refuse."""
    command = [sys.executable, "-c", RESTORE, str(archive)]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=IN_TIME_S)
    assert ran.returncode == 0, ran.stderr
    is_refused, kibibytes = ran.stdout.split()
    assert is_refused == "True", ran.stdout
    return int(kibibytes) << 10


def test_a_row_without_end_takes_no_memory(place: Place, other: Place) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10
    assert_refused(other, with_rows(place.backup(), lambda lines: [lines[0], b"[" + b"{}," * 20_000_000]))
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10) - before < 3 * MOST_BYTES
