"""Rows as text that every make of database reads: what PostgreSQL has becomes rows of MariaDB or SQLite, and the other way round.

The first line says which table it is, and of which sort its columns are; every other line is a row, a JSON array. Bytes are in
base64; JSON is the text that it is, so that a null in it is not one of the database's.
"""

import base64
import gzip
import json
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import IO, Any, NamedTuple

from sqlalchemy import (
    JSON,
    Column,
    Connection,
    LargeBinary,
    Table,
    Text,
    Uuid,
    cast,
    column,
    delete,
    insert,
    select,
    table,
)
from sqlalchemy.types import NullType, TypeEngine

from md5_task_data.bulk import copy_any
from md5_task_data.errors import InvalidInput
from md5_task_data.schema import LongText, TaskId, metadata

GZIP_LEVEL = 1  # thrice as fast as the usual one, for a tenth more bytes
MANY, FEW = 1000, 16  # rows that are fetched at once; few where one may have 15 MiB
BATCH, BATCH_BYTES = 1000, 4 << 20  # rows that are inserted at once, and about how many bytes of them
PLAIN, OF_JSON, OF_BYTES, OF_ID = "plain", "json", "bytes", "id"  # sorts of columns
TYPES: Mapping[str, TypeEngine[Any]] = {
    PLAIN: NullType(),
    OF_JSON: NullType(),  # each make takes the text
    OF_BYTES: LargeBinary(),
    OF_ID: TaskId,
}


class Header(NamedTuple):
    table: str
    columns: Mapping[str, str]


def dump(db: Connection, rows_of: Table, file: IO[bytes]) -> int:
    """Write all rows of a table, as this transaction sees them, in the order of its primary key; returns how many. Flat in
    memory. Raises OSError."""
    sorts = {each.name: _sort_of(each) for each in rows_of.c}
    of_bytes = [place for place, sort in enumerate(sorts.values()) if sort == OF_BYTES]
    # What is null in most rows is short: a name.
    is_wide = any(each.type is LongText or (_sort_of(each) == OF_BYTES and not each.nullable) for each in rows_of.c)
    fetched = FEW if is_wide else MANY
    wanted = [cast(each, Text).label(each.name) if sorts[each.name] == OF_JSON else each for each in rows_of.c]
    query = select(*wanted).order_by(*rows_of.primary_key.columns)
    written = 0
    with gzip.GzipFile("", "wb", GZIP_LEVEL, file, mtime=0) as packed:
        packed.write(_line({"table": rows_of.name, "columns": sorts}))
        found = db.execution_options(stream_results=True, max_row_buffer=fetched).execute(query)
        while rows := found.fetchmany(fetched):
            lines = []
            for row in rows:
                values = list(row)
                for place in of_bytes:
                    if values[place] is not None:
                        values[place] = base64.b64encode(values[place]).decode()
                lines.append(_line(values))
            packed.write(b"".join(lines))
            written += len(rows)
    return written


def load(db: Connection, file: IO[bytes]) -> int:
    """Have a table hold the rows that `dump` wrote, and no others; returns how many. Its columns are those of the file: the
    schema may be an older one. Flat in memory. Raises InvalidInput for what cannot be such rows."""
    try:
        with gzip.GzipFile(fileobj=file, mode="rb") as packed:
            header = _header(packed.readline())
            db.execute(delete(table(header.table)))
            loaded = 0
            for rows in _batches(packed, header):
                _insert(db, header, rows)
                loaded += len(rows)
            return loaded
    except (EOFError, zlib.error, gzip.BadGzipFile, ValueError, KeyError, TypeError) as error:
        raise InvalidInput(f"this backup is damaged: rows of it cannot be read ({type(error).__name__})") from error


def _insert(db: Connection, header: Header, rows: Sequence[Sequence[object]]) -> None:
    names = list(header.columns)
    if db.dialect.name == "postgresql":
        copy_any(db, header.table, names, rows)
        return
    into = table(header.table, *(column(name, TYPES[sort]) for name, sort in header.columns.items()))
    db.execute(insert(into), [dict(zip(names, row, strict=True)) for row in rows])


def _header(line: bytes) -> Header:
    header = Header(**json.loads(line))
    if header.table not in metadata.tables:
        raise ValueError(header.table)
    return header


def _batches(lines: Iterable[bytes], header: Header) -> Iterator[list[list[Any]]]:
    of_bytes = [place for place, sort in enumerate(header.columns.values()) if sort == OF_BYTES]
    batch: list[list[Any]] = []
    size = 0
    for line in lines:
        values = json.loads(line)
        for place in of_bytes:
            if values[place] is not None:
                values[place] = base64.b64decode(values[place], validate=True)
        if len(values) != len(header.columns):
            raise ValueError(header.table)
        batch.append(values)
        size += len(line)
        if len(batch) == BATCH or size > BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _sort_of(each: Column[Any]) -> str:
    sorts = {JSON: OF_JSON, LargeBinary: OF_BYTES, Uuid: OF_ID}
    return next((sort for kind, sort in sorts.items() if isinstance(each.type, kind)), PLAIN)


def _line(values: object) -> bytes:
    return json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
