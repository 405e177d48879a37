"""Rows as text that every supported database reads, so that rows of PostgreSQL can become rows of MariaDB or SQLite, and
vice versa.

The first line names the table and the sorts of its columns; every other line is a row, as a JSON array. Bytes are in
base64. A JSON value is stored as its text, so that a JSON null differs from a NULL.
"""

import base64
import gzip
import json
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from typing import IO, Any, NamedTuple

from sqlalchemy import (
    JSON,
    Column,
    Connection,
    Integer,
    LargeBinary,
    Table,
    Text,
    Uuid,
    cast,
    column,
    delete,
    insert,
    inspect,
    select,
    table,
)
from sqlalchemy.types import NullType, TypeEngine

from md5_task_data.database.bulk import copy_any
from md5_task_data.errors import InvalidInput
from md5_task_data.ids import is_id
from md5_task_data.schema import LongText, TaskId, metadata
from md5_task_data.upkeep.decompressed import DAMAGED

GZIP_LEVEL = 1  # three times as fast as the default, for a tenth more bytes
MANY, FEW = 1000, 16  # rows that are fetched at a time; few if one may have 15 MiB
BATCH, BATCH_BYTES = 1000, 4 << 20  # rows that are inserted at a time, and about how many bytes
PLAIN, OF_JSON, OF_BYTES, OF_ID = "plain", "json", "bytes", "id"  # sorts of columns
MOST_HEADER, LONG, MOST_OF_ROW = 64 << 10, 1 << 20, 64 << 20  # bytes of a line
LARGEST = 2**63 - 1
DECODER = json.JSONDecoder()
TYPES: Mapping[str, TypeEngine[Any]] = {
    PLAIN: NullType(),
    OF_JSON: NullType(),  # every database accepts the text
    OF_BYTES: LargeBinary(),
    OF_ID: TaskId,
}


class Header(NamedTuple):
    table: str
    columns: Mapping[str, str]


def dump(db: Connection, rows_of: Table, file: IO[bytes]) -> int:
    """Write all rows of a table, as this transaction sees them, sorted by primary key; returns how many. Constant memory.
    Raises OSError."""
    sorts = {each.name: _sort_of(each) for each in rows_of.c}
    of_bytes = [place for place, sort in enumerate(sorts.values()) if sort == OF_BYTES]
    # A column of bytes that may be null is short: a name.
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


def load(db: Connection, name: str, file: IO[bytes]) -> int:
    """Replace the rows of a table by those that `dump` wrote; returns how many. Its columns are those in the file, because
    the schema may be an older one. Constant memory. Raises InvalidInput for what cannot be such rows: only values from the
    file get into a statement, and each is checked for its column's sort."""
    try:
        with gzip.GzipFile(fileobj=file, mode="rb") as packed:
            header = _header(
                packed.readline(MOST_HEADER), name, {each["name"] for each in inspect(db).get_columns(name)}
            )
            db.execute(delete(table(name)))
            loaded = 0
            for rows in _batches(packed, header):
                _insert(db, header, rows)
                loaded += len(rows)
            return loaded
    except (*DAMAGED, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise InvalidInput(
            f"this backup is damaged: some of its rows cannot be read ({type(error).__name__})"
        ) from error


def _insert(db: Connection, header: Header, rows: Sequence[Sequence[object]]) -> None:
    names = list(header.columns)
    if db.dialect.name == "postgresql":
        copy_any(db, header.table, names, rows)
        return
    into = table(header.table, *(column(name, TYPES[sort]) for name, sort in header.columns.items()))
    db.execute(insert(into), [dict(zip(names, row, strict=True)) for row in rows])


def _header(line: bytes, name: str, there: Set[str]) -> Header:
    """The header of this table, whose columns must be `there`. Raises ValueError."""
    header = Header(**json.loads(line))
    known = metadata.tables[name].c
    if header.table != name or not header.columns or not header.columns.keys() <= there:
        raise ValueError("another table")
    if any(sort != _sort_of(known[column]) for column, sort in header.columns.items()):
        raise ValueError("another sort of column")
    return header


def _batches(packed: gzip.GzipFile, header: Header) -> Iterator[list[list[Any]]]:
    columns = [metadata.tables[header.table].c[name] for name in header.columns]
    readers = [_reader_of(column) for column in columns]
    batch: list[list[Any]] = []
    size = 0
    while line := packed.readline(MOST_OF_ROW):
        if len(line) == MOST_OF_ROW:
            raise ValueError("an endless row")
        values = _values(line, len(columns))
        batch.append([read(value) for read, value in zip(readers, values, strict=True)])
        size += len(line)
        if len(batch) == BATCH or size > BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _values(line: bytes, count: int) -> list[Any]:
    """The values of a row. A long one is parsed value by value: parsed as a whole, it could take a thousand times its size
    in memory."""
    if len(line) <= LONG:
        values = json.loads(line)
        if not isinstance(values, list):
            raise TypeError("no row")
        return values
    text, at, values = line.decode(), 1, []
    for _ in range(count):
        if text[at] in "[{":
            raise TypeError("no value")
        value, at = DECODER.raw_decode(text, at)
        values.append(value)
        at += 1  # skip the comma
    return values


def _reader_of(each: Column[Any]) -> Callable[[Any], Any]:
    """A function that converts a value in a row to the column's value. It raises ValueError or TypeError if that is
    impossible."""
    sort, is_number = _sort_of(each), isinstance(each.type, Integer)

    def number(value: Any) -> Any:
        if type(value) is not int or not -LARGEST <= value <= LARGEST:
            raise TypeError(each.name)
        return value

    def text(value: Any) -> Any:
        if not isinstance(value, str):
            raise TypeError(each.name)
        if sort == OF_ID and not (is_id(value) and value == value.lower()):  # it becomes part of a path
            raise ValueError(each.name)
        return base64.b64decode(value, validate=True) if sort == OF_BYTES else value

    read = number if is_number else text
    return lambda value: None if value is None else read(value)  # the database checks NOT NULL


def _sort_of(each: Column[Any]) -> str:
    sorts = {JSON: OF_JSON, LargeBinary: OF_BYTES, Uuid: OF_ID}
    return next((sort for kind, sort in sorts.items() if isinstance(each.type, kind)), PLAIN)


def _line(values: object) -> bytes:
    return json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
