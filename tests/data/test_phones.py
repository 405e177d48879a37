"""The rows of phone numbers: pages, filters, counts, limits and deletion, on every database."""

import functools
import operator
import threading
from collections import Counter
from collections.abc import Callable, Sequence

import pytest
from sqlalchemy import func, select

from md5_task_data.database.engine import Database
from md5_task_data.errors import Conflict, InvalidInput, ResultsDeleted
from md5_task_data.kinds import phones
from md5_task_data.kinds.phones import Distinct, Filter, Phone, TooManyNumbers
from md5_task_data.paging import write_text_cursor
from md5_task_data.schema import Row, phone_regions
from md5_task_data.schema import phones as table
from tests.client import IN_TIME_S

NewTask = Callable[..., str]
ALL = Filter()
US, DE = {"params": {"region": "US"}}, {"params": {"region": "DE"}}


def phone(offset: int, number: str = "+14155552671", region: str | None = "US", **given: str | None) -> Phone:
    return Phone(offset, offset // 10 + 1, number, given.get("extension"), region, given.get("raw") or number)


def store(database: Database, task_id: str, found: Sequence[Phone], most: int = 1000) -> None:
    with database.transaction() as db:
        phones.store(db, task_id, found, most=most)


def pages(
    database: Database, task_id: str, wanted: Filter = ALL, limit: int = 1000, up_to: int | None = None
) -> list[list[int]]:
    """The offsets on each page, until there is no next one or it brings nothing."""
    found, cursor = [], None
    while True:
        with database.reading() as db:
            rows, cursor = phones.page(db, task_id, wanted, up_to=up_to, limit=limit, cursor=cursor)
        found.append([row["offset"] for row in rows])
        if cursor is None or not rows:
            return found


def distinct(database: Database, task_id: str) -> int:
    counting = Distinct(task_id)
    for step in counting.steps():
        with database.transaction() as db:
            step(db)
        with database.transaction() as db:
            step(db)  # its commit was lost
    return counting.count


def test_what_was_found_is_read_as_it_was_stored(database: Database, new_task: NewTask) -> None:
    task_id = new_task()
    odd = [
        Phone(0, 1, "+14155552671", None, "US", "(415)\u00a0555\u20112671"),
        Phone(1 << 40, 1 << 33, "+80012345678", "１２", None, "+800 1234 5678 доб １２"),
        Phone((1 << 40) + 1, 1 << 33, "+4930123456", "0" * 20, "DE", "０３０" + "\t" * 900 + "\\N"),
    ]
    store(database, task_id, odd)
    with database.reading() as db:
        rows, following = phones.page(db, task_id, Filter(), up_to=None, limit=10, cursor=None)
    assert [Phone(**{name: row[name] for name in Phone._fields}) for row in rows] == odd
    assert following is None


@pytest.mark.parametrize("limit", [1, 3, 10, 11])
def test_pages_neither_skip_nor_repeat_a_number(database: Database, new_task: NewTask, limit: int) -> None:
    task_id, other = new_task(), new_task()
    store(database, task_id, [phone(10 * k) for k in range(10)])
    store(database, other, [phone(10 * k + 5) for k in range(10)])
    found = pages(database, task_id, limit=limit)
    assert functools.reduce(operator.iadd, found, []) == [10 * k for k in range(10)]
    assert all(len(page) == limit for page in found[:-1])


def test_a_reader_who_goes_on_while_parts_end_gets_every_number_once(database: Database, new_task: NewTask) -> None:
    task_id = new_task()
    parts = [[phone(100 * part + 10 * k) for k in range(4)] for part in range(4)]
    seen: list[int] = []
    cursor = None
    for up_to, ended in ((0, []), (100, [0, 2]), (100, []), (300, [1]), (400, [3]), (None, [])):
        for part in ended:
            store(database, task_id, parts[part])
        for _ in range(3):
            with database.reading() as db:
                rows, cursor = phones.page(db, task_id, Filter(), up_to=up_to, limit=3, cursor=cursor)
            seen += [row["offset"] for row in rows]
            assert (cursor is None) == (up_to is None)
            if cursor is None:
                break
    assert seen == [each.offset for part in parts for each in part]


def test_filters_take_a_number_in_any_spelling_and_a_region(database: Database, new_task: NewTask) -> None:
    task_id = new_task()
    store(
        database,
        task_id,
        [
            phone(0),
            phone(10, extension="7"),
            phone(20, "+4930123456", "DE"),
            phone(30, "+80012345678", None),
            phone(40, "+14155552671"),
        ],
    )

    def found(number: str | None = None, region: str | None = None, task: Row = US) -> list[int]:
        return functools.reduce(operator.iadd, pages(database, task_id, Filter.of(task, number, region)), [])

    for spelling in (
        "+14155552671",
        "(415) 555-2671",
        "415.555.2671",
        " 1 415 555 2671",
        "001 415 555 2671",
        "tel:+1-415-555-2671",
    ):
        expected = [] if spelling.startswith("001") else [0, 10, 40]  # which is not how one calls the USA from there
        assert found(spelling) == expected, spelling
    assert found("415 555 2671 ext. 7") == [10]
    assert found("030 123456", task=DE) == [20]
    assert found("030 123456") == []
    assert found(region="us") == [0, 10, 40]
    assert found(region="DE") == [20]
    assert found(region="none") == [30]
    assert found("+14155552671", "DE") == []
    for number in ("", "abc", "+", "1" * 300, "\0"):
        with pytest.raises(InvalidInput, match="The parameter number"):
            Filter.of(US, number, None)
    for region in ("", "XX", "USA", "\0"):
        with pytest.raises(InvalidInput, match="The parameter region"):
            Filter.of(US, None, region)


@pytest.mark.parametrize("cursor", ["", "x", "-", "1.5", "1e3", "٣", "9" * 20, "-1-1"])
def test_only_cursors_of_this_service_are_taken(database: Database, new_task: NewTask, cursor: str) -> None:
    with database.reading() as db, pytest.raises(InvalidInput, match="The parameter cursor"):
        phones.page(db, new_task(), Filter(), up_to=None, limit=1, cursor=write_text_cursor(cursor))


def test_different_numbers_are_counted_in_steps(
    database: Database, new_task: NewTask, monkeypatch: pytest.MonkeyPatch
) -> None:
    task_id = new_task()
    numbers = [f"+1415555{k % 70:04}" for k in range(200)] + ["+14155550001"] * 100
    store(database, task_id, [phone(k, number) for k, number in enumerate(numbers)])
    store(database, new_task(), [phone(0, "+4930123456")])
    for together in (1, 7, 150, 299, 300, 301, 10_000):
        monkeypatch.setattr(phones, "COUNTED_TOGETHER", together)
        assert distinct(database, task_id) == 70, together
    assert distinct(database, new_task()) == 0


def test_the_counts_by_region_are_those_of_the_rows(database: Database, new_task: NewTask) -> None:
    task_id = new_task()
    regions = ["US", "DE", None, "US", "GB", "US", None]
    for start in (0, 100, 200):
        store(database, task_id, [phone(start + k, region=region) for k, region in enumerate(regions)])
    store(database, task_id, [])
    with database.reading() as db:
        found = [(row["region"], row["numbers"]) for row in phones.by_region(db, task_id)]
        assert phones.count(db, task_id, most=21) == 21
    assert found == [("US", 9), ("", 6), ("DE", 3), ("GB", 3)]


def test_parts_that_end_at_the_same_time_are_all_counted(database: Database, new_task: NewTask) -> None:
    task_id = new_task()
    regions = ("US", "DE", "GB", "FR")

    def end(part: int) -> None:
        mine = regions[part % 4 :] + regions[: part % 4]  # each begins with another one
        store(database, task_id, [phone(100 * part + k, region=region) for k, region in enumerate(mine * 5)])

    threads = [threading.Thread(target=end, args=(part,)) for part in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(IN_TIME_S)
    with database.reading() as db:
        counts = {row["region"]: row["numbers"] for row in phones.by_region(db, task_id)}
        rows = Counter(db.scalars(select(table.c.region).where(table.c.task_id == task_id)))
    assert counts == rows == dict.fromkeys(regions, 60)


def test_the_number_that_is_too_many_is_refused_with_its_part(database: Database, new_task: NewTask) -> None:
    task_id = new_task()
    store(database, task_id, [phone(k) for k in range(6)], most=10)
    store(database, task_id, [phone(10 + k) for k in range(4)], most=10)
    with pytest.raises(TooManyNumbers, match="at least 11 phone numbers; at most 10"):
        store(database, task_id, [phone(20)], most=10)
    assert functools.reduce(operator.iadd, pages(database, task_id), []) == [*range(6), *range(10, 14)]
    with database.reading() as db, pytest.raises(TooManyNumbers):
        phones.count(db, task_id, most=9)


def test_numbers_are_deleted_in_short_steps_and_only_those_of_the_file(
    database: Database, new_task: NewTask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(phones, "DELETED_TOGETHER", 10)
    task_id, other = new_task(), new_task()
    store(database, task_id, [phone(k) for k in range(25)])
    store(database, other, [phone(k) for k in range(25)])
    left = []
    more = True
    while more:
        with database.transaction() as db:
            more = phones.delete_some(db, task_id)
            left.append(db.scalar(select(func.count()).where(table.c.task_id == task_id)))
    assert left == [15, 5, 0]
    with database.transaction() as db:
        assert not phones.delete_some(db, task_id)
        assert db.scalars(select(phone_regions.c.task_id)).all() == [other]
    assert functools.reduce(operator.iadd, pages(database, other), []) == [*range(25)]


def test_only_a_task_of_this_kind_whose_results_are_there_can_be_read() -> None:
    task = {"kind": "phones", "results_deleted_at": None}
    phones.check_readable(task)
    with pytest.raises(Conflict, match="A task of kind md5 has no phone numbers"):
        phones.check_readable(task | {"kind": "md5"})
    with pytest.raises(ResultsDeleted, match="deleted on request at 1970"):
        phones.check_readable(task | {"results_deleted_at": 1})
