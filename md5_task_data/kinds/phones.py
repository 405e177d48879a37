"""Phone numbers found in a text: every occurrence, by its place in the file.

The rows of a part are stored in the transaction that ends the part, together with the counts by region. So the numbers
up to the first unfinished part are final, and can be read while the rest of the file is still being searched.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import AfterValidator, Field, WithJsonSchema
from sqlalchemy import Connection, Select, delete, func, select
from sqlalchemy.dialects import mysql, postgresql, sqlite

from md5_task_data.database.bulk import insert_all
from md5_task_data.errors import Conflict, InvalidInput
from md5_task_data.kinds.encodings import DETECTED, AnyEncoding
from md5_task_data.kinds.kind import Kind, MustBe, Parameters, Result, check_results_kept
from md5_task_data.kinds.regions import ONLY_INTERNATIONAL, REGIONS, checked_region
from md5_task_data.names import checked_text
from md5_task_data.paging import bad_cursor, read_text_cursor, write_text_cursor
from md5_task_data.schema import Row, phone_regions, phones

DELETED_TOGETHER = 5_000  # rows; with two indexes of random order, a step takes a tenth of a second
COUNTED_TOGETHER = 200_000  # rows
LONGEST_OFFSET = 19  # digits
NO_REGION = "none"  # as a filter


_CODES = [*REGIONS, ONLY_INTERNATIONAL]


class PhonesParameters(Parameters):
    """Parameters of kind `phones`."""

    region: Annotated[
        Annotated[str, AfterValidator(checked_region), WithJsonSchema({"type": "string", "enum": _CODES})] | None,
        MustBe("the two-letter code of a country (ISO 3166-1), such as US, DE or GB, or ZZ"),
    ] = Field(
        None,
        description="the country, by its two-letter code (ISO 3166-1), whose numbers may be written without a country code; "
        "`MD5_PHONES_REGION` if not given. With `ZZ`, only numbers with a `+` and a country code are found",
    )
    encoding: AnyEncoding | None = Field(None, description=DETECTED)


class PhonesResult(Result):
    """The result of kind `phones`."""

    numbers: int = Field(description="How many numbers were found, counting each occurrence")
    distinct: int = Field(description="How many different numbers these are, extensions aside")
    region: str = Field(description="The parameter, or the default of the service at the time of the upload")
    encoding: str = Field(description="The parameter, or what was detected")
    engine: Literal["exact", "fast"] = Field(description="What found the numbers: see `MD5_PHONES_ENGINE`")


class TooManyNumbers(InvalidInput):
    """The file has more phone numbers than `MD5_PHONES_MOST` allows. Those of the parts that were done before stay readable until
    you delete them. Upload the file in pieces, or ask the administrator to raise the limit."""

    code = "too_many_numbers"


class Phone(NamedTuple):
    """A number as it was found: `offset` in bytes and `line` from 1, in the file; `number` in E.164; `region` is None for numbers
    that belong to no country, such as +800; `raw` is the text itself."""

    offset: int
    line: int
    number: str
    extension: str | None
    region: str | None
    raw: str


def store(db: Connection, task_id: str, found: Sequence[Phone], *, most: int) -> None:
    """Store the numbers of a part; no part may be stored twice. Raises TooManyNumbers if the file then has more than `most`."""
    insert_all(db, phones, [{"task_id": task_id, **phone._asdict()} for phone in found])
    by_region = Counter(phone.region or "" for phone in found)
    if by_region:
        counts = [{"task_id": task_id, "region": region, "numbers": n} for region, n in sorted(by_region.items())]
        db.execute(_ADDED[db.dialect.name], counts)
    count(db, task_id, most=most)


def _added(dialect: Any) -> Any:
    into = dialect.insert(phone_regions)
    if dialect is mysql:
        return into.on_duplicate_key_update(numbers=phone_regions.c.numbers + into.inserted.numbers)
    return into.on_conflict_do_update(
        index_elements=["task_id", "region"], set_={"numbers": phone_regions.c.numbers + into.excluded.numbers}
    )


_ADDED = {
    "postgresql": _added(postgresql),
    "sqlite": _added(sqlite),
    **dict.fromkeys(("mysql", "mariadb"), _added(mysql)),
}


def count(db: Connection, task_id: str, *, most: int) -> int:
    """How many numbers of a file are stored. Raises TooManyNumbers if these are more than `most`."""
    query = select(func.sum(phone_regions.c.numbers)).where(phone_regions.c.task_id == task_id)
    numbers = int(db.scalar(query) or 0)
    if numbers > most:
        raise TooManyNumbers(f"This file has at least {numbers} phone numbers; at most {most} are allowed.")
    return numbers


class Distinct:
    """Counts the different numbers of a file in short steps, to be run in order; then `count` is known. Only right while nothing
    stores numbers of that file."""

    def __init__(self, task_id: str) -> None:
        self._task_id = task_id
        self._counts: dict[str, int] = {}
        self._last: str | None = None

    @property
    def count(self) -> int:
        return sum(self._counts.values())

    def steps(self) -> Iterator[Callable[[Connection], None]]:
        after: str | None = ""
        while after is not None:
            yield partial(self._step, after)
            after = self._last

    def _step(self, after: str, db: Connection) -> None:
        """Running it again changes nothing."""
        here = select(phones.c.number).where(phones.c.task_id == self._task_id, phones.c.number > after)
        self._last = db.scalar(here.order_by(phones.c.number).offset(COUNTED_TOGETHER - 1).limit(1))
        if self._last is not None:
            here = here.where(phones.c.number <= self._last)
        self._counts[after] = int(db.scalar(select(func.count()).select_from(here.distinct().subquery())) or 0)


@dataclass(frozen=True)
class Filter:
    """Which numbers of a file are wanted. Empty: all."""

    number: str | None = None
    extension: str | None = None
    region: str | None = None

    @classmethod
    def of(cls, task: Row, number: str | None, region: str | None) -> "Filter":
        """A filter from what a client sent: a number in any spelling that is used in the region of the task, with an extension
        or without, and the code of a region, or `none`. Raises InvalidInput."""
        digits, extension = (None, None) if number is None else _parsed(number, task["params"]["region"])
        return cls(digits, extension, None if region is None else _region_filter(region))

    def apply(self, query: Select[Any]) -> Select[Any]:
        wanted = {name: value for name, value in vars(self).items() if value is not None}
        return query.where(*(phones.c[name] == (value or None) for name, value in wanted.items()))


def _parsed(number: str, region: str) -> tuple[str, str | None]:
    """A number in E.164, and its extension. Raises InvalidInput."""
    import phonenumbers

    # In a query, a plus sign that was not escaped means a space.
    plus = "+" if number.startswith(" ") and number.strip()[:1].isdigit() else ""
    try:
        found = phonenumbers.parse(plus + checked_text("number", number).strip(), region)
    except phonenumbers.NumberParseException:
        here = "" if region == ONLY_INTERNATIONAL else f", or a number as it is written in {region}"
        raise InvalidInput(
            f"The parameter number must be a phone number with its country code, such as +14155550132{here}."
        ) from None
    return phonenumbers.format_number(found, phonenumbers.PhoneNumberFormat.E164), found.extension


def _region_filter(region: str) -> str:
    """The code of a region; empty for numbers of no region. Raises InvalidInput."""
    code = region.strip().upper()
    if code == NO_REGION.upper():
        return ""
    if code in REGIONS:
        return code
    raise InvalidInput(
        f"The parameter region must be the two-letter code of a country, such as US or DE, or {NO_REGION}, for numbers of no "
        "region."
    )


def check_readable(task: Row) -> None:
    """Raises Conflict for a task of another kind, and ResultsDeleted."""
    if task["kind"] != KIND.name:
        raise Conflict(f"A task of kind {task['kind']} has no phone numbers.")
    check_results_kept(task)


def page(
    db: Connection, task_id: str, wanted: Filter, *, up_to: int | None, limit: int, cursor: str | None
) -> tuple[Sequence[Row], str | None]:
    """Up to `limit` numbers in file order, and the cursor of the next page. `up_to`: the offset in the file up to which its
    numbers are final, for a file that is still being searched, whose last page so far has a cursor, too; None if no more
    will be stored. Pages neither skip nor repeat a number. Raises InvalidInput for a bad cursor.
    """
    after = -1 if cursor is None else _offset(cursor)
    query = wanted.apply(select(phones).where(phones.c.task_id == task_id, phones.c.offset > after))
    if up_to is not None:
        query = query.where(phones.c.offset < up_to)
    rows = db.execute(query.order_by(phones.c.offset).limit(limit + 1)).mappings().all()
    if len(rows) > limit:
        return rows[:limit], write_text_cursor(str(rows[limit - 1]["offset"]))
    if up_to is None:
        return rows, None
    return rows, write_text_cursor(str(max(after, up_to - 1)))


def _offset(cursor: str) -> int:
    text = read_text_cursor(cursor)
    if not (text.removeprefix("-").isdecimal() and text.isascii() and len(text) < LONGEST_OFFSET):
        raise bad_cursor()
    return int(text)


def by_region(db: Connection, task_id: str) -> Sequence[Row]:
    """How many numbers of each region are stored, the most frequent first; the region is empty for numbers of no region."""
    of_task = select(phone_regions.c.region, phone_regions.c.numbers).where(phone_regions.c.task_id == task_id)
    return db.execute(of_task.order_by(phone_regions.c.numbers.desc(), phone_regions.c.region)).mappings().all()


def delete_some(db: Connection, task_id: str) -> bool:
    """Delete some of the numbers of a file; returns whether more may be left."""
    of_task = phones.c.task_id == task_id
    offsets = select(phones.c.offset).where(of_task).order_by(phones.c.offset)
    last = db.scalar(offsets.offset(DELETED_TOGETHER - 1).limit(1))
    if last is not None:
        db.execute(delete(phones).where(of_task, phones.c.offset <= last))
        return True
    db.execute(delete(phones).where(of_task))
    db.execute(delete(phone_regions).where(phone_regions.c.task_id == task_id))
    return False


KIND = Kind(
    "phones",
    PhonesParameters,
    PhonesResult,
    defaults={"region": "phones_region"},
    has_routes=True,
    results_deleted_by=delete_some,
)
