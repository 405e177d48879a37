"""The first reading of a whole file of contacts: finds its encoding, its dialect, its columns, and where to cut it."""

import codecs
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from md5_service.worker.formats import csv, text
from md5_service.worker.formats.csv import Cutter, Dialect
from md5_service.worker.kinds.contacts.layout import Layout, layout_of, looks_like_address
from md5_task_data.queue.leases import Slice

PIECE = 256 << 10  # bytes that are examined at a time


@dataclass(frozen=True)
class Plan:
    """What was found out about a file when it was cut."""

    encoding: str
    dialect: Dialect
    layout: Layout
    lines: int

    @classmethod
    def of(cls, plan: Mapping[str, Any]) -> "Plan":
        return cls(plan["encoding"], Dialect(**plan["dialect"]), Layout(**plan["layout"]), plan["lines"])

    def told(self) -> dict[str, Any]:
        """For the result; each value can be used as a parameter."""
        return {
            "encoding": self.encoding,
            "delimiter": self.dialect.delimiter,
            "header": self.layout.has_header,
            "email_column": self.layout.column(self.layout.email),
            "name_column": self.layout.column(self.layout.name),
        }


class Reading:
    """Reads a whole file, piece by piece. While the encoding is unknown, bytes are decoded as Latin-1, which changes no
    line end, quote or delimiter."""

    def __init__(
        self,
        encoding: str | None,
        sample: bytes,
        offset: int,
        delimiter: str | None,
        part_bytes: int,
        look: Callable[[], None],
    ) -> None:
        """`look` is called between two pieces, and may raise."""
        self._look = look
        self._encoding = encoding
        self._sample = sample
        self._offset = offset
        is_wide = (encoding or "").startswith("utf-16")
        self._meanwhile = str(encoding) if is_wide else "latin-1"
        self._decode = codecs.getincrementaldecoder(self._meanwhile)(text.errors(self._meanwhile)).decode
        shown, _ = text.decoded(sample, self._meanwhile)
        named = csv.separator(shown)
        self._skipped = shown[: named[1]] if named else ""
        rows = shown[len(self._skipped) :]
        self._dialect = csv.detect(rows, delimiter or (named[0] if named else None), looks_like_address)
        # Without a whole first row, the columns are still unknown.
        self.has_first_row = len(csv.first_record(rows, self._dialect)) < len(rows)
        self._cutter = Cutter(self._dialect, _utf16_width if is_wide else len, offset, part_bytes)
        self._piece = min(PIECE, part_bytes // 4) & ~1
        self._judge = text.Judge()

    def feed(self, block: bytes | memoryview) -> None:
        for start in range(0, len(block), self._piece):
            self._look()
            self._see(self._cutter.feed(self._decode(block[start : start + self._piece])))

    def _see(self, records: str) -> None:
        if self._encoding is None and not records.isascii():
            self._judge.see(records.encode(self._meanwhile))

    def end(self, params: Mapping[str, Any]) -> tuple[Plan, list[Slice], int]:
        """The plan, the parts without what precedes the first row, and the number of rows."""
        self._see(self._cutter.feed(self._decode(b"", True)))  # half of a surrogate pair
        slices, rest = self._cutter.end()
        self._see(rest)
        encoding = self._encoding or self._judge.verdict()
        sample = text.decoded(self._sample, encoding)[0][len(self._skipped) :]
        layout = layout_of(csv.first_records(sample, self._dialect), params)
        before = self._skipped + (csv.first_record(sample, self._dialect) if layout.has_header else "")
        first = Slice(
            self._offset + len(before.encode(encoding, text.errors(encoding))), 0, 1 + csv.count_lines(before)
        )
        total = self._cutter.records - layout.has_header - bool(self._skipped)
        plan = Plan(encoding, self._dialect, layout, self._cutter.lines)
        return plan, [_from(first, Slice(*each)) for each in slices if each.offset + each.size > first.offset], total


def _from(first: Slice, part: Slice) -> Slice:
    """The part without what precedes the first row."""
    if part.offset >= first.offset:
        return part
    return Slice(first.offset, part.offset + part.size - first.offset, first.line)


def _utf16_width(records: str) -> int:
    return len(records.encode("utf-16-le", "surrogatepass"))
