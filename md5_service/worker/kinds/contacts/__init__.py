"""A third party's CSV of contacts becomes one record per email address, in a table shared by all files.

If an address already exists, its record stays and the new row is a duplicate; within one file, the first row wins. A
row without a valid address goes unchanged to the rejected rows, with its line and a reason. So every row is in one of
three groups, and none is lost.

The first worker reads the whole file once to find its encoding and the ends of its records, and cuts it; all workers
load the parts, in any order; the last step counts. Parts may be loaded again, or at the same time: see
`md5_task_data.kinds.contacts`.
"""

from collections.abc import Callable
from dataclasses import asdict
from functools import partial

from pydantic import ConfigDict
from sqlalchemy import Connection

from md5_service.worker.formats import text
from md5_service.worker.formats.csv import LONGEST_RECORD
from md5_service.worker.job import Closing, Cut, Job, Part, Rows
from md5_service.worker.kinds.contacts.reading import Plan, Reading
from md5_service.worker.kinds.contacts.rows import Parsed, parse
from md5_task_data.kinds import contacts, rejects
from md5_task_data.kinds.contacts import ContactsResult
from md5_task_data.kinds.kind import Result
from md5_task_data.queue.leases import Slice

SAMPLE = 256 << 10  # bytes at the beginning, for detection
COUNT_LINES = 2_000_000  # lines whose contacts one step counts


class LoadedPart(Result):
    """The result of a part. One from an older version lacks `unchecked`."""

    model_config = ConfigDict(extra="ignore")

    rows: int
    invalid: int
    unchecked: int | None = None


def begin(job: Job) -> Rows | Cut:
    """The only reading of the whole file. A file that makes one part is loaded at once. Raises InvalidInput for a file that
    is not CSV, or whose address column cannot be found."""
    blocks = job.blocks()
    start, size = bytes(next(blocks, b"")), SAMPLE
    encoding, mark = text.told(start[: text.SAMPLE], job.size, job.params.get("encoding"), form="CSV")
    while True:
        reading = Reading(
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

    def result(parsed: Parsed, db: Connection) -> ContactsResult:
        rejects.add(db, job.task_id, rejects.HEADER, plan.layout.report_header())
        inserted = contacts.count(db, job.task_id, 1, plan.lines + 1)
        return _result(plan, parsed.count, len(parsed.rejected), inserted, parsed.unchecked)

    return _load(job, plan, start[whole.offset : whole.offset + whole.size], whole, result)


def part(job: Part) -> Rows:
    """Load a part of the file."""

    def result(parsed: Parsed, _: Connection) -> LoadedPart:
        return LoadedPart(rows=parsed.count, invalid=len(parsed.rejected), unchecked=parsed.unchecked)

    return _load(job, Plan.of(job.plan), job.content(), job.where, result)


def close(job: Closing) -> Rows:
    """Count what the parts inserted."""
    plan = Plan.of(job.plan)
    inserted: dict[int, int] = {}

    def count(first: int, db: Connection) -> None:
        inserted[first] = contacts.count(db, job.task_id, first, first + COUNT_LINES)

    def finish(db: Connection) -> ContactsResult:
        rejects.add(db, job.task_id, rejects.HEADER, plan.layout.report_header())
        parts = [LoadedPart.model_validate(each) for each in job.ended]
        unchecked = [each.unchecked for each in parts if each.unchecked is not None]
        return _result(
            plan,
            sum(each.rows for each in parts),
            sum(each.invalid for each in parts),
            sum(inserted.values()),
            sum(unchecked) if unchecked else None,
        )

    return Rows([partial(count, first) for first in range(1, plan.lines + 2, COUNT_LINES)], finish)


def _load(job: Job, plan: Plan, content: bytes, where: Slice, result: Callable[[Parsed, Connection], Result]) -> Rows:
    """Parts that are loaded at the same time begin with different buckets, so that they rarely wait for each other's
    addresses."""
    read = partial(parse, content, plan.encoding, plan.dialect, plan.layout, where.line, job.check)
    parsed = read()
    if job.params.get("check_mx"):
        from md5_service.worker.kinds.contacts.mx import checked  # imported late: it would add 70 ms to every start

        answers = checked(job, parsed.domains())
        if refused := {name: answer.refusal for name, answer in answers.items() if answer.refusal is not None}:
            parsed = read(refused)
        parsed.count_unchecked({name for name, answer in answers.items() if answer.is_silent})
    load = partial(contacts.load, owner=job.owner, task_id=job.task_id)
    *before, last = parsed.buckets(first=where.offset // job.settings.part_bytes)

    def finish(db: Connection) -> Result:
        load(db, rows=last)
        rejects.add(db, job.task_id, where.line, parsed.report())
        return result(parsed, db)

    return Rows([partial(load, rows=rows) for rows in before], finish, done=parsed.count)


def _result(plan: Plan, rows: int, invalid: int, inserted: int, unchecked: int | None) -> ContactsResult:
    counts = {"rows": rows, "inserted": inserted, "duplicate": rows - invalid - inserted, "invalid": invalid}
    asked = {} if unchecked is None else {"unchecked": unchecked}
    return ContactsResult(**counts, **asked, **plan.told())
