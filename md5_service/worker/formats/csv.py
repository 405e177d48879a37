"""CSV as third parties write it: which dialect it is in, where its records end, and where it may be cut.

Records are those of Python's `csv`, which follows RFC 4180 and forgives what spreadsheets forgive: a quote inside a field that
does not begin with one is a character like others. So a record's end cannot be told by counting quotes: whatever has quotes is
read by that module, here as when it is loaded, and what has none ends with its line. Lines end with LF, CR LF or CR.
"""

import csv
import io
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, count, islice
from typing import Any, NamedTuple

from md5_service.spreadsheet import written_row
from md5_service.worker.formats.text import SURROGATE, UNKNOWN
from md5_task_data.errors import InvalidInput

DELIMITERS = (",", ";", "\t", "|")
LONGEST_RECORD = 16 << 20  # characters that are read without finding its end
PART_LINES = 50_000  # a part has a little more than so many, or than its bytes
SAMPLE_ROWS = 200
_END = "\0the end\0"
_SEPARATOR = re.compile(r"sep=(.)(?:\r\n|\n|\r)")  # what Excel takes for a first line that names the delimiter
_SPACES = " \t"  # no others: in a text of which the encoding is not known yet, those may be letters
_BEGIN_BLANK = tuple(f"\n{each}" for each in f"\n{_SPACES}")


class Records(NamedTuple):
    """Where in a file some whole records are: offset and size in bytes, and the number of their first line, from 1."""

    offset: int
    size: int
    line: int


class UnreadableCsv(InvalidInput):
    """A file of which the records cannot be told; the message names the line."""

    code = "unreadable_csv"


@dataclass(frozen=True)
class Dialect:
    """`skips_space`: a space after a delimiter is no part of the field, which else could not begin with a quote."""

    delimiter: str = ","
    skips_space: bool = False

    def records(self, lines: Iterable[str]) -> Any:
        """A reader of Python's `csv`, with its count of lines in `line_num`; an empty list is a blank line."""
        csv.field_size_limit(2 * LONGEST_RECORD)
        return csv.reader(lines, delimiter=self.delimiter, skipinitialspace=self.skips_space)


def lines_of(text: str) -> Iterator[str]:
    """With their ends."""
    return io.StringIO(text, newline="")


def is_blank(record: list[str]) -> bool:
    """Whether it is no row: a line with nothing, or nothing but spaces, in it. One of empty cells, `;;` or `""`, is a row."""
    return not record or (len(record) == 1 and record[0] != "" and not record[0].strip(_SPACES))


def separator(start: str) -> tuple[str, int] | None:
    """The delimiter that the first line names, as Excel would have it, and the length of that line."""
    found = _SEPARATOR.match(start)
    return (found[1], found.end()) if found and found[1] in DELIMITERS else None


def detect(sample: str, delimiter: str | None = None, is_good: Callable[[str], bool] = bool) -> Dialect:
    """The dialect of a text that begins so: the delimiter with which most records have a cell that is good (not empty),
    and of these the one with which most have the same number of cells."""
    dialects = [_with_spaces(sample, each) for each in ([delimiter] if delimiter else DELIMITERS)]
    return max(dialects, key=lambda dialect: _merit(first_records(sample, dialect), is_good))


def _with_spaces(sample: str, delimiter: str) -> Dialect:
    return Dialect(delimiter, f'{delimiter} "' in sample and f'{delimiter}"' not in sample)


def _merit(records: Sequence[list[str]], is_good: Callable[[str], bool]) -> tuple[int, int]:
    widths = [len(record) for record in records]
    common = max(widths, key=widths.count, default=0)
    return sum(any(map(is_good, record)) for record in records), widths.count(common) if common > 1 else 0


def first_records(sample: str, dialect: Dialect) -> list[list[str]]:
    """Rows of the beginning, but not the last where there may be more of it."""
    rows = (record for record in dialect.records(lines_of(sample)) if not is_blank(record))
    found = list(islice(rows, SAMPLE_ROWS))
    is_whole = len(found) < 2 or sample.endswith(("\n", "\r"))
    return found if is_whole else found[:-1]


def first_record(text: str, dialect: Dialect) -> str:
    """The beginning of a text up to the end of its first row, blank lines before it included."""
    size = 0

    def lines() -> Iterator[str]:
        nonlocal size
        for line in lines_of(text):
            size += len(line)
            yield line

    for record in dialect.records(lines()):
        if not is_blank(record):
            break
    return text[:size]


class Cutter:
    """Goes once over a file's text, and cuts it into parts between records. `width` tells how many bytes some text is."""

    def __init__(self, dialect: Dialect, width: Callable[[str], int], offset: int, part_bytes: int) -> None:
        self.records = 0
        self._dialect = dialect
        self._width = width
        self._part_bytes = part_bytes
        self._offset, self._line = offset, 1  # where the present part begins
        self._size = self._lines = 0  # of the present part
        self._rest = ""  # after the last record that is known to be whole
        self._read_again_at = 0  # characters of rest and more: else a long record would be read with each piece of it
        self._parts: list[Records] = []

    def feed(self, text: str) -> str:
        """The next piece of the text; returns the whole records that it completes. Raises UnreadableCsv."""
        text = self._rest + text
        if len(text) < self._read_again_at:
            self._rest = text
            return ""
        end = max(text.rfind("\n"), text.rfind("\r", 0, len(text) - 1)) + 1  # a CR at the end may be half of CR LF
        body, rows = self._whole(text[:end])
        self._rest = text[len(body) :]
        self._take(body, rows)
        if len(self._rest) > LONGEST_RECORD:
            raise self._endless()
        self._read_again_at = 0 if body else min(2 * len(text), LONGEST_RECORD + 1)
        return body

    def end(self) -> tuple[list[Records], str]:
        """The parts, none of which is empty, and the last records, not returned before. Raises UnreadableCsv."""
        rest = self._rest
        body, rows = self._whole(rest)
        self._rest = rest[len(body) :]
        self._take(body, rows)
        if self._rest:
            raise self._endless(is_end=True)
        self._close()
        return self._parts, rest

    def _whole(self, text: str) -> tuple[str, int]:
        """Of whole lines the whole records, and how many rows these are."""
        has_blanks = _may_have_blanks(text)
        if not has_blanks and '"' not in text:
            return text, count_lines(text) + (text != "" and not text.endswith(("\n", "\r")))
        if not has_blanks:
            end = f"{_END}{self._dialect.delimiter}{_END}"  # one cell where a quote is open, and else two
            numbered = zip(count(), self._dialect.records(chain(lines_of(text), [end])), strict=False)
            rows, last = deque(numbered, 1)[0]  # which runs through them without a line of Python
            if last == [_END, _END]:
                return text, rows
        return self._one_by_one(text)

    def _one_by_one(self, text: str) -> tuple[str, int]:
        """The same where there are blank lines, or a quote is open at the end."""
        at = end = rows = 0
        is_over = False

        def lines() -> Iterator[str]:
            nonlocal at, is_over
            for line in lines_of(text):
                at += len(line)
                yield line
            is_over = True
            yield _END

        for record in self._dialect.records(lines()):
            if is_over:
                break  # this is the end alone: all before it was whole; or a quote is open, and swallowed it
            end = at
            rows += not is_blank(record)
        return text[:end], rows

    def _take(self, body: str, rows: int) -> None:
        self.records += rows
        self._size += self._width(body)
        self._lines += count_lines(body)
        if self._size >= self._part_bytes or self._lines >= PART_LINES:
            self._close()

    def _close(self) -> None:
        if self._size:
            self._parts.append(Records(self._offset, self._size, self._line))
            self._offset += self._size
            self._line += self._lines
            self._size = self._lines = 0

    @property
    def lines(self) -> int:
        """How many there are, the last one counted without its end."""
        return self._line + self._lines

    def _endless(self, *, is_end: bool = False) -> UnreadableCsv:
        record = next(self._dialect.records([*lines_of(self._rest), _END]))
        first = self.lines
        if not record[-1].endswith(_END):
            return UnreadableCsv(f"line {first} is longer than {LONGEST_RECORD} characters: this is no CSV")
        line = first + sum(count_lines(cell) for cell in record[:-1])
        where = "until the end of the file" if is_end else f"within {LONGEST_RECORD} characters"
        return UnreadableCsv(
            f"line {line}: a quote is opened that is not closed {where}; close it, or shorten the cell; where it is meant as a "
            "character, double it"
        )


def count_lines(text: str) -> int:
    return text.count("\n") + (text.count("\r") - text.count("\r\n") if "\r" in text else 0)


def _may_have_blanks(text: str) -> bool:
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text.startswith(("\n", *_SPACES)) or any(start in text for start in _BEGIN_BLANK)


def csv_row(cells: Sequence[object]) -> bytes:
    """As spreadsheets and this module read it."""
    return SURROGATE.sub(UNKNOWN, written_row(cells)).encode()
