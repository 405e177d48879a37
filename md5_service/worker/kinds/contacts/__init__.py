"""A third party's CSV of contacts becomes one record per e-mail address, in a table that all files share.

An address that is there already is kept, and the new row is a duplicate; within one file the first row wins. A row that has no
valid address goes, as it is, to the rejects, with its line and a reason. So every row is one of three, and none is lost.

The first worker reads the whole file once, to tell its encoding and where its records end, and cuts it; all workers load the
parts, in any order; the last step counts. What a part does may be done again, or at the same time as another: see
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
from md5_service.worker.kinds.contacts.reading import Plan, Reading, encoding_of
from md5_service.worker.kinds.contacts.rows import Parsed, parse
from md5_task_data.kinds import contacts, rejects
from md5_task_data.kinds.contacts import ContactsResult
from md5_task_data.kinds.kind import Result
from md5_task_data.queue.leases import Slice

SAMPLE = 256 << 10  # bytes of the beginning, to detect by
COUNT_LINES = 2_000_000  # of which one step counts the contacts


class LoadedPart(Result):
    """What came of a part. A part that an older version ended does not tell `unchecked`."""

    model_config = ConfigDict(extra="ignore")

    rows: int
    invalid: int
    unchecked: int | None = None


def begin(job: Job) -> Rows | Cut:
    """The only reading of the whole file. What is one part is loaded at once. Raises InvalidInput for a file that is no CSV, or
    of which the addresses cannot be found."""
    blocks = job.blocks()
    start, size = bytes(next(blocks, b"")), SAMPLE
    encoding, mark = encoding_of(job, start[: text.SAMPLE])
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
    def result(parsed: Parsed, _: Connection) -> LoadedPart:
        return LoadedPart(rows=parsed.count, invalid=len(parsed.rejected), unchecked=parsed.unchecked)

    return _load(job, Plan.of(job.plan), job.content(), job.where, result)


def close(job: Closing) -> Rows:
    """Counts what the parts inserted."""
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
    """Parts that are loaded at the same time begin with different steps, so that they seldom wait for one another where they
    have addresses in common."""
    read = partial(parse, content, plan.encoding, plan.dialect, plan.layout, where.line, job.check)
    parsed = read()
    if job.params.get("check_mx"):
        from md5_service.worker.kinds.contacts.mx import checked  # 70 ms, which every start of a worker would pay

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
