"""The filters of the list of tasks: verdicts and times, in pages and in the steps of an export."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from md5_task_data import ids, listing, migrations, tasks
from md5_task_data.database.engine import Database
from md5_task_data.errors import InvalidInput
from md5_task_data.filters import ID_OLDER
from md5_task_data.log import statistics
from md5_task_data.queue import leases
from md5_task_data.schema import SECOND
from md5_task_data.schema import tasks as table

NewTask = Callable[..., str]
ABC, OTHER = "0" * 32, "1" * 32
RESULTS: Mapping[str, Mapping[str, Any]] = {
    "match": {"md5": ABC, "expected": ABC, "match": True},
    "mismatch": {"md5": ABC, "expected": OTHER, "match": False},
    "none": {"md5": ABC},
}
DAY = 86400 * SECOND
NOON = 1_773_316_800 * SECOND  # of 12 March 2026, in UTC


@pytest.fixture
def judged(database: Database, new_task: NewTask) -> dict[str, list[str]]:
    """The ids of tasks by verdict, two each, newest first; a failed one and a queued one have none."""
    found: dict[str, list[str]] = {name: [new_task(filename=name) for _ in range(2)] for name in RESULTS}
    failed, queued = new_task(), new_task()
    with database.transaction() as db:
        for name, task_ids in found.items():
            leases.finish_all(db, [(claim, RESULTS[name]) for claim in leases.claim(db, task_ids, 30)])
        leases.fail(db, leases.claim(db, [failed], 30)[0], {"code": "unexpected", "detail": "x"})
    found["none"] += [failed, queued]
    return {name: sorted(task_ids, reverse=True) for name, task_ids in found.items()}


def listed(database: Database, **filters: str | None) -> list[str]:
    """The ids of a page; an export has the same."""
    with database.reading() as db:
        rows, _ = tasks.page(db, "local", filters=filters, limit=100, cursor=None)
        exported = listing.step(db, "local", filters).rows
    assert [row["id"] for row in exported] == [row["id"] for row in rows]
    return [row["id"] for row in rows]


@pytest.mark.shows("GET /v1/tasks")
def test_tasks_are_found_by_their_verdict(database: Database, judged: dict[str, list[str]], new_task: NewTask) -> None:
    new_task(owner="somebody else")
    for verdict, task_ids in judged.items():
        assert listed(database, verdict=verdict) == task_ids
    assert listed(database, verdict="mismatch", filename="match") == []
    assert listed(database, verdict="none", status="queued") == judged["none"][:1]


def test_mismatches_are_counted_up_to_a_limit(
    database: Database, judged: dict[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    with database.reading() as db:
        assert statistics.mismatches(db, "local") == len(judged["mismatch"])
        assert statistics.mismatches(db, "somebody else") == 0
        monkeypatch.setattr(statistics, "MOST_COUNTED", 1)
        assert statistics.mismatches(db, "local") == 1


def test_older_rows_get_their_verdict_from_their_result(database: Database, judged: dict[str, list[str]]) -> None:
    migrations.downgrade(database, "0013")
    migrations.upgrade(database)
    for verdict, task_ids in judged.items():
        assert listed(database, verdict=verdict) == task_ids


def created(database: Database, new_task: NewTask, at: int, uploaded_for: int = 0) -> str:
    """A task created at this time, whose upload began a while before; its id has the time of that."""
    task_id = f"{ids.first_of((at - uploaded_for) // 1000)[:14]}7{new_task()[15:]}"
    with database.transaction() as db:
        newest = max(row["id"] for row in tasks.page(db, "local", filters={}, limit=100, cursor=None)[0])
        db.execute(update(table).where(table.c.id == newest).values(id=task_id, created_at=at))
    return task_id


@pytest.mark.shows("GET /v1/tasks")
def test_tasks_are_found_by_the_time_at_which_they_were_created(database: Database, new_task: NewTask) -> None:
    first = created(database, new_task, NOON - DAY)
    slow = created(database, new_task, NOON, uploaded_for=ID_OLDER - SECOND)
    noon = created(database, new_task, NOON)
    last = created(database, new_task, NOON + DAY)
    assert listed(database, created_after="2026-03-12T12:00:00Z") == [last, noon, slow]  # inclusive
    assert listed(database, created_before="2026-03-12T12:00:00Z") == [first]  # exclusive
    assert listed(database, created_before="2026-03-12T12:00:00.000001Z") == [noon, first, slow]
    assert listed(database, created_after="2026-03-12", created_before="2026-03-13") == [noon, slow]
    assert listed(database, created_after="2026-03-12t14:00:00+02:00", created_before="2026-03-12T07:00:01-05:00") == [
        noon,
        slow,
    ]
    assert listed(database, created_after="9999-12-31") == listed(database, created_before="0001-01-01") == []
    assert len(listed(database, created_after="0001-01-01T00:00:00+23:59", created_before="9999-12-31")) == 4


@pytest.mark.parametrize(
    "value",
    ["", "yesterday", "2026-02-30", "2026-3-1", "2026-03-12 10:00:00Z", "2026-03-12T10:00:00", "2026-03-12T10:00Z"],
)
def test_what_is_no_time_is_told_and_what_would_be(database: Database, value: str) -> None:
    for name in ("created_after", "created_before"):
        with pytest.raises(InvalidInput, match=f"{name} must be a date, such as .*; it was '{value}'"):
            listed(database, **{name: value})


def test_the_first_id_of_a_moment_is_before_all_others_of_it(new_task: NewTask) -> None:
    now = int(datetime.now(UTC).timestamp() * 1000)
    assert ids.first_of(now - 60_000) < new_task() < ids.first_of(now + 60_000)
    assert ids.first_of(-1) == ids.first_of(0) == "00000000-0000-0000-0000-000000000000"
    assert ids.first_of(1 << 50).startswith("ffffffff-ffff-")


def test_an_export_neither_skips_nor_repeats_however_few_pass(
    database: Database, new_task: NewTask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "STEP", 3)
    there = [new_task(filename="even" if number % 2 == 0 else "odd") for number in range(9)]  # the last step is full
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).date().isoformat()
    for filters, expected, steps in (
        ({}, there[::-1], 4),
        ({"filename": "even"}, there[::-2], 4),
        ({"batch": "none"}, [], 4),
        ({"verdict": "mismatch"}, [], 1),  # by its index
        ({"created_after": tomorrow}, [], 1),
    ):
        seen: list[str] = []
        before, taken = None, 0
        while taken == 0 or before:
            with database.reading() as db:
                rows, before = listing.step(db, "local", filters, before)
            seen += [row["id"] for row in rows]
            taken += 1
            new_task()  # newer ones are not in it
        assert (seen, taken) == (expected, steps), filters
        with database.transaction() as db:
            newer, _ = tasks.page(db, "local", filters={}, limit=taken, cursor=None)
            tasks.forget(db, [row["id"] for row in newer])


def test_a_filter_that_can_match_nothing_is_told_by_an_export(database: Database) -> None:
    for filters in ({"verdict": "maybe"}, {"status": "lost"}):
        with pytest.raises(InvalidInput, match="one of"), database.reading() as db:
            listing.step(db, "local", filters)
