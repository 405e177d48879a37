"""CSV as third parties write it: detects the dialect, finds where records end, and cuts a file between records.

Records are those of Python's `csv`, which follows RFC 4180 and accepts what spreadsheets accept: a quote inside a field
that does not begin with one is an ordinary character. So counting quotes cannot tell where a record ends. Text with
quotes is read by that module, here as well as when it is loaded; in text without quotes every line is a record. Lines
end with LF, CR LF or CR.
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
LONGEST_RECORD = 16 << 20  # characters, after which a record without an end is an error
PART_LINES = 50_000  # a part has slightly more lines than this, or more bytes than `part_bytes`
SAMPLE_ROWS = 200
_END = "\0the end\0"
_SEPARATOR = re.compile(r"sep=(.)(?:\r\n|\n|\r)")  # a first line by which Excel sets the delimiter
_SPACES = " \t"  # no others: in text of unknown encoding they may be letters
_BEGIN_BLANK = tuple(f"\n{each}" for each in f"\n{_SPACES}")


class Records(NamedTuple):
    """Where some whole records are in a file: offset and size in bytes, and the number of their first line, from 1."""

    offset: int
    size: int
    line: int


class UnreadableCsv(InvalidInput):
    """The file's CSV records cannot be separated; the detail names the line. Correct the file and upload it again."""

    code = "unreadable_csv"


@dataclass(frozen=True)
class Dialect:
    """`skips_space`: a space after a delimiter is not part of the field, which otherwise could not begin with a quote."""

    delimiter: str = ","
    skips_space: bool = False

    def records(self, lines: Iterable[str]) -> Any:
        """A reader of Python's `csv`, which counts lines in `line_num`. A blank line is an empty list."""
        csv.field_size_limit(2 * LONGEST_RECORD)
        return csv.reader(lines, delimiter=self.delimiter, skipinitialspace=self.skips_space)


def lines_of(text: str) -> Iterator[str]:
    """The lines of the text, with their line ends."""
    return io.StringIO(text, newline="")


def is_blank(record: list[str]) -> bool:
    """Whether the record is not a row but a line that is empty or has only spaces. A line of empty cells, `;;` or `""`, is
    a row."""
    return not record or (len(record) == 1 and record[0] != "" and not record[0].strip(_SPACES))


def separator(start: str) -> tuple[str, int] | None:
    """The delimiter that the first line names for Excel, and the length of that line; None if it names none."""
    found = _SEPARATOR.match(start)
    return (found[1], found.end()) if found and found[1] in DELIMITERS else None


def detect(sample: str, delimiter: str | None = None, is_good: Callable[[str], bool] = bool) -> Dialect:
    """The dialect of a text with this beginning: the delimiter that gives the most records with a good cell (by default, a
    non-empty one); among several, the one that gives the most records of the same width."""
    dialects = [_with_spaces(sample, each) for each in ([delimiter] if delimiter else DELIMITERS)]
    return max(dialects, key=lambda dialect: _merit(first_records(sample, dialect), is_good))


def _with_spaces(sample: str, delimiter: str) -> Dialect:
    return Dialect(delimiter, f'{delimiter} "' in sample and f'{delimiter}"' not in sample)


def _merit(records: Sequence[list[str]], is_good: Callable[[str], bool]) -> tuple[int, int]:
    widths = [len(record) for record in records]
    common = max(widths, key=widths.count, default=0)
    return sum(any(map(is_good, record)) for record in records), widths.count(common) if common > 1 else 0


def first_records(sample: str, dialect: Dialect) -> list[list[str]]:
    """The first rows, without the last one if it may be incomplete."""
    rows = (record for record in dialect.records(lines_of(sample)) if not is_blank(record))
    found = list(islice(rows, SAMPLE_ROWS))
    is_whole = len(found) < 2 or sample.endswith(("\n", "\r"))
    return found if is_whole else found[:-1]


def first_record(text: str, dialect: Dialect) -> str:
    """The beginning of a text up to the end of its first row, including blank lines before it."""
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
    """Reads a file's text once and cuts it into parts between records. `width` gives the size of a text in bytes."""

    def __init__(self, dialect: Dialect, width: Callable[[str], int], offset: int, part_bytes: int) -> None:
        self.records = 0
        self._dialect = dialect
        self._width = width
        self._part_bytes = part_bytes
        self._offset, self._line = offset, 1  # where the current part begins
        self._size = self._lines = 0  # of the current part
        self._rest = ""  # the text after the last whole record
        self._read_again_at = 0  # characters; or a long record would be read again with each piece
        self._parts: list[Records] = []

    def feed(self, text: str) -> str:
        """Add the next piece of the text; returns the whole records that it completes. Raises UnreadableCsv."""
        text = self._rest + text
        if len(text) < self._read_again_at:
            self._rest = text
            return ""
        end = max(text.rfind("\n"), text.rfind("\r", 0, len(text) - 1)) + 1  # a CR at the end may be half of a CR LF
        body, rows = self._whole(text[:end])
        self._rest = text[len(body) :]
        self._take(body, rows)
        if len(self._rest) > LONGEST_RECORD:
            raise self._endless()
        self._read_again_at = 0 if body else min(2 * len(text), LONGEST_RECORD + 1)
        return body

    def end(self) -> tuple[list[Records], str]:
        """The parts, none of them empty, and the last records, which `feed` has not returned. Raises UnreadableCsv."""
        rest = self._rest
        body, rows = self._whole(rest)
        self._rest = rest[len(body) :]
        self._take(body, rows)
        if self._rest:
            raise self._endless(is_end=True)
        self._close()
        return self._parts, rest

    def _whole(self, text: str) -> tuple[str, int]:
        """The whole records at the beginning of these whole lines, and how many rows they are."""
        has_blanks = _may_have_blanks(text)
        if not has_blanks and '"' not in text:
            return text, count_lines(text) + (text != "" and not text.endswith(("\n", "\r")))
        if not has_blanks:
            end = f"{_END}{self._dialect.delimiter}{_END}"  # read as one cell if a quote is open, otherwise as two
            numbered = zip(count(), self._dialect.records(chain(lines_of(text), [end])), strict=False)
            rows, last = deque(numbered, 1)[0]  # consumes the iterator without a loop in Python
            if last == [_END, _END]:
                return text, rows
        return self._one_by_one(text)

    def _one_by_one(self, text: str) -> tuple[str, int]:
        """The same for text with blank lines, or with an open quote at the end."""
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
                break  # either this is only the end mark, or an open quote has swallowed it
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
        """The number of lines, including a last one without a line end."""
        return self._line + self._lines

    def _endless(self, *, is_end: bool = False) -> UnreadableCsv:
        record = next(self._dialect.records([*lines_of(self._rest), _END]))
        first = self.lines
        if not record[-1].endswith(_END):
            return UnreadableCsv(f"Line {first} is longer than {LONGEST_RECORD} characters; this is not a CSV file.")
        line = first + sum(count_lines(cell) for cell in record[:-1])
        where = "before the end of the file" if is_end else f"within {LONGEST_RECORD} characters"
        return UnreadableCsv(
            f"A quote is opened in line {line} and not closed {where}. Close it, or shorten the cell; if it is meant as a "
            "character, double it."
        )


def count_lines(text: str) -> int:
    """The number of line ends in the text."""
    return text.count("\n") + (text.count("\r") - text.count("\r\n") if "\r" in text else 0)


def _may_have_blanks(text: str) -> bool:
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text.startswith(("\n", *_SPACES)) or any(start in text for start in _BEGIN_BLANK)


def csv_row(cells: Sequence[object]) -> bytes:
    """The row as CSV, as spreadsheets and this module read it."""
    return SURROGATE.sub(UNKNOWN, written_row(cells)).encode()
