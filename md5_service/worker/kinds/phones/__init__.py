"""The phone numbers in a text, exactly those that libphonenumber finds in the whole of it.

The text is cut where no number can be; all workers search the parts. A long file is cut bit by bit: its last part is all
the rest, and the worker that reaches it cuts again. So the first numbers can be read at once, however long the file is.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sqlalchemy import Connection

from md5_service.worker.formats import lines, text
from md5_service.worker.formats.lines import Lines
from md5_service.worker.job import Closing, Cut, Job, Part, Rows
from md5_service.worker.kinds.phones.found import Find
from md5_task_data.kinds import phones
from md5_task_data.kinds.kind import Result
from md5_task_data.kinds.phones import Phone, PhonesResult
from md5_task_data.queue.leases import Slice

SAMPLE = 4 << 20  # bytes at the beginning, from which the encoding is detected
SMALL, LARGE = 128 << 10, 1 << 20  # bytes of a part, which takes less than a second
SMALL_UNTIL = 16 * SMALL  # bytes from the beginning, so that first numbers can be read at once
CUT_TOGETHER = 128  # parts
BLOCK = 64 << 10  # characters that are searched between two looks at the lease


class SearchedPart(Result):
    """The result of a part."""

    numbers: int


def begin(job: Job) -> Rows | Cut:
    """Raises InvalidInput for a file that is not text."""
    start = job.read(0, min(job.size, SAMPLE))
    encoding, mark = text.told(start[: text.SAMPLE], job.size, job.params.get("encoding"))
    plan = {"encoding": encoding or text.detected(start), "engine": job.settings.phones_engine, "size": job.size}

    def result(found: list[Phone]) -> PhonesResult:
        return _result(job, plan, len(found), len({each.number for each in found}))

    return _search_or_cut(job, plan, Slice(mark, job.size - mark, 1), result)


def part(job: Part) -> Rows | Cut:
    """Search a part of the file, or cut it, if it is the rest of a long one."""
    return _search_or_cut(job, job.plan, job.where, lambda found: SearchedPart(numbers=len(found)))


def close(job: Closing) -> Rows:
    """Count the different numbers that the parts found."""
    distinct = phones.Distinct(job.task_id)

    def finish(db: Connection) -> PhonesResult:
        return _result(job, job.plan, phones.count(db, job.task_id, most=job.settings.phones_most), distinct.count)

    return Rows(distinct.steps(), finish)


def _result(job: Job, plan: Mapping[str, Any], numbers: int, distinct: int) -> PhonesResult:
    return PhonesResult(
        numbers=numbers,
        distinct=distinct,
        region=job.params["region"],
        encoding=plan["encoding"],
        engine=plan["engine"],
    )


def _search_or_cut(
    job: Job, plan: Mapping[str, Any], where: Slice, result: Callable[[list[Phone]], Result]
) -> Rows | Cut:
    from md5_service.worker.kinds.phones.candidates import PLACE  # late, as in `_engine`

    def size_at(offset: int) -> int:
        return min(SMALL if offset < SMALL_UNTIL else LARGE, job.settings.part_bytes)

    # Only the last part, the rest of the file, is cut again, whatever size another worker has given the others.
    is_last = where.offset + where.size == plan["size"]
    if is_last and where.size > size_at(where.offset):
        cut = lines.cut(job.read, Lines(*where), plan["encoding"], PLACE, size_at, CUT_TOGETHER)
        if len(cut) > 1:
            return Cut([Slice(*each) for each in cut], plan, plan["size"], "bytes")
    found = list(_search(job, plan, where, PLACE))

    def finish(db: Connection) -> Result:
        phones.store(db, job.task_id, found, most=job.settings.phones_most)
        return result(found)

    return Rows([], finish, done=where.size)


def _search(job: Job, plan: Mapping[str, Any], where: Slice, place: re.Pattern[str]) -> Iterator[Phone]:
    encoding, find = plan["encoding"], _engine(plan["engine"])
    content, _ = text.decoded(job.read(where.offset, where.size), encoding)
    offset, line = where.offset, where.line
    for block in lines.pieces(content, BLOCK, place):
        job.check()
        known = 0
        for each in find(block, job.params["region"]):
            offset += lines.length(block[known : each.start], encoding)
            line += block.count("\n", known, each.start)
            known = each.start
            yield Phone(offset, line, each.number, each.extension, each.region, each.raw)
        offset += lines.length(block[known:], encoding)
        line += block.count("\n", known)


def _engine(name: str) -> Find:
    """Imported late: each costs memory, and a worker may see no phone numbers at all."""
    if name == "fast":
        from md5_service.worker.kinds.phones.fast import fast

        return fast
    from md5_service.worker.kinds.phones.matcher import exact

    return exact
