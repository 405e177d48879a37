"""One record per address, in whatever order, how often, and by however many at once the rows are loaded."""

import random
import threading
from collections.abc import Callable, Sequence

import pytest
from sqlalchemy import select

from md5_task_data.database.engine import Database
from md5_task_data.errors import InvalidInput, NotFound
from md5_task_data.kinds import contacts
from md5_task_data.kinds.contacts import New
from md5_task_data.schema import contacts as table
from tests.client import IN_TIME_S

NewTask = Callable[..., str]
ODD = ("a\tb", "\\N", "\\.", "line\nline\r", "“é” 😀 '\"", "\x01\x7f", "", " x ", "%s %(x)s ? :y")


def new(address: str, line: int, name: str = "", data: str = "{}") -> New:
    return address.lower(), address, name, data, line


def load(database: Database, task_id: str, rows: Sequence[New], owner: str = "local") -> None:
    with database.transaction() as db:
        contacts.load(db, owner=owner, task_id=task_id, rows=rows)


def records(database: Database) -> dict[str, tuple[str, int, str]]:
    """Task, line and name of each address; fails if an address is there twice."""
    with database.reading() as db:
        rows = db.execute(select(table).order_by(table.c.owner, table.c.key)).all()
    found = {f"{row.owner} {row.key}": (row.task_id, row.line, row.name) for row in rows}
    assert len(found) == len(rows)
    return found


def count(database: Database, task_id: str, first: int = 1, end: int = 1000) -> int:
    with database.reading() as db:
        return contacts.count(db, task_id, first, end)


def test_the_first_row_of_a_file_wins_in_whatever_order_its_parts_come(database: Database, new_task: NewTask) -> None:
    rows = [[new(f"A{number % 7}@x.org", part * 10 + number, f"{part}") for number in range(7)] for part in range(4)]
    for seed in range(6):
        task_id, owner = new_task(kind="contacts"), f"owner {seed}"
        for part in random.Random(seed).sample(rows, len(rows)):
            load(database, task_id, part, owner)
        assert {key: found for key, found in records(database).items() if key.startswith(owner)} == {
            f"{owner} a{number}@x.org": (task_id, number, "0") for number in range(7)
        }
        assert count(database, task_id) == 6
        assert count(database, task_id, 0, 3) == 3


def test_what_another_file_brought_stays_though_its_line_is_a_later_one(database: Database, new_task: NewTask) -> None:
    first, second = new_task(), new_task()
    load(database, first, [new("a@x.org", 50, "old")])
    load(database, second, [new("a@x.org", 2, "new"), new("b@x.org", 3)])
    assert records(database)["local a@x.org"] == (first, 50, "old")
    assert (count(database, first), count(database, second)) == (1, 1)


def test_to_load_the_same_rows_again_changes_nothing(database: Database, new_task: NewTask) -> None:
    task_id = new_task()
    rows = [new(f"u{number}@x.org", number, "x") for number in range(20)]
    load(database, task_id, rows)
    before = records(database)
    for _ in range(2):
        load(database, task_id, rows[::-1])
    assert records(database) == before


def test_any_text_arrives_as_it_was(database: Database, new_task: NewTask) -> None:
    rows = [new(f"{number}@x.org", number, name, f'{{"x":"{number}\\n"}}') for number, name in enumerate(ODD, 1)]
    load(database, new_task(), rows)
    with database.reading() as db:
        found = db.execute(select(table.c.name, table.c.data, table.c.email).order_by(table.c.line)).all()
    assert [tuple(row) for row in found] == [(row[2], row[3], row[1]) for row in rows]


def test_files_that_are_loaded_at_the_same_time_share_their_addresses(database: Database, new_task: NewTask) -> None:
    """In opposite orders, which without sorting would deadlock."""
    tasks = [new_task() for _ in range(8)]
    addresses = [f"user{number}@x.org" for number in range(300)]
    errors: list[BaseException] = []

    def all_of(task_id: str, seed: int) -> None:
        try:
            mine = random.Random(seed).sample(addresses, 200)
            for start in range(0, 200, 100):
                load(database, task_id, [new(each, start + n + 1) for n, each in enumerate(mine[start : start + 100])])
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=all_of, args=(task_id, seed)) for seed, task_id in enumerate(tasks)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(IN_TIME_S)
    assert errors == []
    there = records(database)
    assert set(there) == {
        f"local {address}" for seed in range(8) for address in random.Random(seed).sample(addresses, 200)
    }
    assert sum(count(database, task_id) for task_id in tasks) == len(there)


@pytest.mark.shows("GET /v1/contacts")
def test_an_address_is_found_in_any_spelling_and_by_its_owner_only(database: Database, new_task: NewTask) -> None:
    task_id = new_task()
    load(database, task_id, [new("straße@xn--mller-kva.de", 1)])
    load(database, task_id, [("strasse@xn--mller-kva.de", "Straße@Müller.de", "S", "{}", 2)])
    with database.reading() as db:
        for email in ("STRASSE@MÜLLER.DE", " strasse@xn--mller-kva.de "):
            (found,), following = contacts.page(db, "local", email=email, task_id=None, limit=10, cursor=None)
            assert (found["name"], following) == ("S", None)
            assert contacts.get(db, "local", contacts.id_of(found)) == found
        for nobodys in ("no address", "other@müller.de"):
            assert contacts.page(db, "local", email=nobodys, task_id=None, limit=10, cursor=None) == ([], None)
        assert contacts.page(db, "another", email=email, task_id=None, limit=10, cursor=None) == ([], None)
        theirs = contacts.id_of(found)
        for owner, unknown in (
            ("another", theirs),
            *(
                ("local", odd)
                for odd in ("", "-", "x-1", f"{task_id}-3", f"{task_id}-", f"{task_id}-02", f"{task_id}-٢")
            ),
            ("local", f"{task_id}-{'9' * 30}"),
            ("local", theirs.upper()),
        ):
            with pytest.raises(NotFound):
                contacts.get(db, owner, unknown)


@pytest.mark.shows("GET /v1/contacts")
def test_pages_neither_skip_nor_repeat_while_rows_come_and_are_replaced(database: Database, new_task: NewTask) -> None:
    task_id, other = new_task(), new_task()
    load(database, task_id, [new(f"é{number:02}@x.org", 100 + number) for number in range(25)])
    seen: list[str] = []
    cursor = None
    while True:
        with database.reading() as db:
            rows, cursor = contacts.page(db, "local", email=None, task_id=None, limit=7, cursor=cursor)
        seen += [row["key"] for row in rows]
        load(database, task_id, [new(f"é{24 - len(seen) % 25:02}@x.org", 1 + len(seen))])
        load(database, other, [new(f"a{len(seen)}@x.org", 1 + len(seen))])
        if cursor is None:
            break
    assert seen == [f"é{number:02}@x.org" for number in range(25)]
    with database.reading() as db, pytest.raises(InvalidInput, match="cursor"):
        contacts.page(db, "local", email=None, task_id=None, limit=7, cursor="not one")


def test_those_of_a_file_come_in_its_order(database: Database, new_task: NewTask) -> None:
    task_id = new_task()
    load(database, task_id, [new(f"{99 - number}@x.org", 9 + number) for number in range(20)])
    load(database, new_task(), [new("other@x.org", 10)])
    lines: list[int] = []
    cursor = None
    while not lines or cursor:
        with database.reading() as db:
            rows, cursor = contacts.page(db, "local", email=None, task_id=task_id.upper(), limit=6, cursor=cursor)
        lines += [row["line"] for row in rows]
    assert lines == list(range(9, 29))


def test_what_a_file_brought_is_deleted_in_steps(
    database: Database, new_task: NewTask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contacts, "DELETED_TOGETHER", 10)
    task_id, other = new_task(), new_task()
    load(database, task_id, [new(f"{number}@x.org", 3 * number + 1) for number in range(25)])
    load(database, other, [new("other@x.org", 1)])
    left = []
    for more in (True, True, False, False):
        with database.transaction() as db:
            assert contacts.delete_some(db, task_id) is more
        left.append(count(database, task_id))
    assert left == [15, 5, 0, 0]
    assert list(records(database)) == ["local other@x.org"]


def test_a_page_is_shorter_where_its_contacts_are_large(
    database: Database, new_task: NewTask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contacts, "LARGEST_PAGE", 1000)
    load(database, new_task(), [new(f"{n}@x.org", n, "é" * (600 if n in (3, 5) else 60)) for n in range(1, 9)])
    pages: list[list[int]] = []
    cursor = None
    while not pages or cursor:
        with database.reading() as db:
            rows, cursor = contacts.page(db, "local", email=None, task_id=None, limit=6, cursor=cursor)
        pages.append([row["line"] for row in rows])
    assert [line for page in pages for line in page] == list(range(1, 9))
    assert [3] in pages
