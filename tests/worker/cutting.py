"""A CSV as Python's `csv` reads it, and as ours cuts it."""

import csv
import io

from md5_service.worker.formats.csv import (
    Cutter,
    Dialect,
    Records,
    is_blank,
)

Row = tuple[int, list[str]]  # the line of a record, and its cells


def read(text: str, dialect: Dialect, line: int = 1) -> list[Row]:
    """As Python's `csv` does it."""
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=dialect.delimiter, skipinitialspace=dialect.skips_space
    )
    rows, next_line = [], line
    for record in reader:
        at, next_line = next_line, line + reader.line_num
        rows.append((at, record))
    return [(at, record) for at, record in rows if not is_blank(record)]


def cut(
    text: str, sizes: list[int], dialect: Dialect, encoding: str, part_bytes: int = 1
) -> tuple[Cutter, list[Records]]:
    cutter = Cutter(dialect, lambda part: len(part.encode(encoding, "surrogatepass")), 0, part_bytes)
    given, shown = 0, ""
    for number in range(len(text)):
        if given >= len(text):
            break
        size = sizes[number % len(sizes)]
        shown += cutter.feed(text[given : given + size])
        given += size
    slices, rest = cutter.end()
    assert shown + rest == text
    return cutter, slices
