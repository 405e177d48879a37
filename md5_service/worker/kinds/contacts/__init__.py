"""A third party's CSV of contacts becomes one record per e-mail address, in a table that all files share.

An address that is there already is kept, and the new row is a duplicate; within one file the first row wins. A row that has no
valid address goes, as it is, to the rejects, with its line and a reason. So every row is one of three, and none is lost.

The first worker reads the whole file once, to tell its encoding and where its records end, and cuts it; all workers load the
parts, in any order; the last step counts. What a part does may be done again, or at the same time as another: see
`md5_task_data.kinds.contacts`.
"""

import codecs
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

from sqlalchemy import Connection

from md5_service.worker.formats import csv, text
from md5_service.worker.formats.csv import LONGEST_RECORD, Cutter, Dialect
from md5_service.worker.job import Cut, Job, Result, Rows
from md5_service.worker.kinds.contacts.layout import Layout, layout_of
from md5_service.worker.kinds.contacts.rows import Parsed, parse
from md5_task_data.errors import InvalidInput
from md5_task_data.kinds import contacts, rejects
from md5_task_data.queue.leases import Slice

SAMPLE = PIECE = 256 << 10  # bytes: of the beginning, to detect by; that are looked at, at once
COUNT_LINES = 2_000_000  # of which one step counts the contacts


class NotText(InvalidInput):
    """A file that is no CSV at all."""

    code = "not_text"


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

    def told(self) -> Result:
        """For the result; each can be given back as a parameter."""
        return {
            "encoding": self.encoding,
            "delimiter": self.dialect.delimiter,
            "header": self.layout.has_header,
            "email_column": self.layout.column(self.layout.email),
            "name_column": self.layout.column(self.layout.name),
        }


def work(job: Job) -> Rows | Cut:
    """Result: `rows`, of which `inserted`, `duplicate`, `invalid`; and what was detected: `encoding`, `delimiter`, `header`,
    `email_column`, `name_column`. Raises InvalidInput for a file that is no CSV, or of which the addresses cannot be found."""
    if job.plan is None:
        return _begin(job)
    plan = Plan.of(job.plan)
    return _close(job, plan) if job.part is None else _load_part(job, plan, job.part)


def _begin(job: Job) -> Rows | Cut:
    """The only reading of the whole file. What is one part is loaded at once."""
    blocks = job.blocks()
    start, size = bytes(next(blocks, b"")), SAMPLE
    encoding, mark = _encoding_of(job, start[: text.SAMPLE])
    while True:
        reading = _Reading(
            encoding, start[mark:size], mark, job.params.get("delimiter"), job.settings.part_bytes, job.check
        )
        if reading.has_first_row or size > job.size or size > LONGEST_RECORD:
            break
        size *= 4
        while len(start) < size and (block := next(blocks, None)) is not None:
            start += bytes(block)
    reading.feed(start[mark:])
    for block in blocks:
        reading.feed(block)
    plan, slices, total = reading.end(job.params)
    if len(slices) > 1 or job.size > len(start):
        return Cut(slices, asdict(plan), total, "rows")
    whole = slices[0] if slices else Slice(0, 0, 1)

    def result(parsed: Parsed, db: Connection) -> Result:
        rejects.add(db, job.task_id, rejects.HEADER, plan.layout.report_header())
        inserted = contacts.count(db, job.task_id, 1, plan.lines + 1)
        return _counts(plan, parsed.count, len(parsed.rejected), inserted, parsed.unchecked)

    return _load(job, plan, start[whole.offset : whole.offset + whole.size], whole, result)


def _encoding_of(job: Job, start: bytes) -> tuple[str | None, int]:
    """What parameter or first bytes say, and how many of these are no text. Raises NotText."""
    marked = text.marked(start)
    given: str | None = job.params.get("encoding")
    encoding = given or (marked[0] if marked else None)
    mark = marked[1] if marked and (encoding or "").startswith(marked[0][:6]) else 0
    if given == "utf-16":
        encoding = marked[0] if marked else "utf-16-le"
    if (what := text.not_text(start)) is not None:
        raise NotText(f"this is no CSV but {what}. Save it as CSV, best in UTF-8, and hand that over")
    if encoding is not None and encoding.startswith("utf-16") and job.size % 2:
        raise NotText("this is UTF-16 with half a character too many: it was cut short; hand the whole file over")
    return encoding, mark


class _Reading:
    """Of a whole file, piece by piece. Bytes of an encoding that is not known yet are taken for Latin-1, which changes no line
    end, no quote and no delimiter."""

    def __init__(
        self,
        encoding: str | None,
        sample: bytes,
        offset: int,
        delimiter: str | None,
        part_bytes: int,
        look: Callable[[], None],
    ) -> None:
        """`look`: is called between two pieces, and may raise."""
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
        self._dialect = csv.detect(rows, delimiter or (named[0] if named else None))
        # Without one, its columns cannot be told yet.
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
        """The plan, the parts without what comes before the first row, and the number of rows."""
        self._see(self._cutter.feed(self._decode(b"", True)))  # half of a pair of surrogates
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
        return plan, [_from(first, each) for each in slices if each.offset + each.size > first.offset], total


def _from(first: Slice, part: Slice) -> Slice:
    """What of a part does not come before the first row."""
    if part.offset >= first.offset:
        return part
    return Slice(first.offset, part.offset + part.size - first.offset, first.line)


def _utf16_width(records: str) -> int:
    return len(records.encode("utf-16-le", "surrogatepass"))


def _load_part(job: Job, plan: Plan, part: Slice) -> Rows:
    def result(parsed: Parsed, _: Connection) -> Result:
        return {"rows": parsed.count, "invalid": len(parsed.rejected), "unchecked": parsed.unchecked}

    return _load(job, plan, job.content(), part, result)


def _load(job: Job, plan: Plan, content: bytes, part: Slice, result: Callable[[Parsed, Connection], Result]) -> Rows:
    """Parts that are loaded at the same time begin with different steps, so that they seldom wait for one another where they
    have addresses in common."""
    read = partial(parse, content, plan.encoding, plan.dialect, plan.layout, part.line, job.check)
    parsed = read()
    if job.params.get("check_mx"):
        from md5_service.worker.kinds.contacts.mx import checked  # 70 ms, which every start of a worker would pay

        answers = checked(job, parsed.domains())
        if refused := {name: answer.refusal for name, answer in answers.items() if answer.refusal is not None}:
            parsed = read(refused)
        parsed.count_unchecked({name for name, answer in answers.items() if answer.is_silent})
    load = partial(contacts.load, owner=job.owner, task_id=job.task_id)
    *before, last = parsed.buckets(first=part.offset // job.settings.part_bytes)

    def finish(db: Connection) -> Result:
        load(db, rows=last)
        rejects.add(db, job.task_id, part.line, parsed.report())
        return result(parsed, db)

    return Rows([partial(load, rows=rows) for rows in before], finish, done=parsed.count)


def _close(job: Job, plan: Plan) -> Rows:
    inserted: dict[int, int] = {}

    def count(first: int, db: Connection) -> None:
        inserted[first] = contacts.count(db, job.task_id, first, first + COUNT_LINES)

    def finish(db: Connection) -> Result:
        rejects.add(db, job.task_id, rejects.HEADER, plan.layout.report_header())
        rows, invalid = (sum(part[name] for part in job.ended) for name in ("rows", "invalid"))
        told = (part.get("unchecked") for part in job.ended)  # a part that an older version ended does not tell
        unchecked = [count for count in told if count is not None]
        return _counts(plan, rows, invalid, sum(inserted.values()), sum(unchecked) if unchecked else None)

    return Rows([partial(count, first) for first in range(1, plan.lines + 2, COUNT_LINES)], finish)


def _counts(plan: Plan, rows: int, invalid: int, inserted: int, unchecked: int | None) -> Result:
    counts = {"rows": rows, "inserted": inserted, "duplicate": rows - invalid - inserted, "invalid": invalid}
    return counts | ({} if unchecked is None else {"unchecked": unchecked}) | plan.told()
