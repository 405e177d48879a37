"""What clients do to a task: create, get, list, cancel."""

from collections.abc import Callable
from pathlib import Path

import pytest
import uuid_utils
from sqlalchemy.exc import IntegrityError

from md5_task_data import names, registry, tasks
from md5_task_data.bucket import small_files
from md5_task_data.database.engine import Database
from md5_task_data.errors import Conflict, InvalidInput, LeaseLost, NotFound
from md5_task_data.log.shared_log import SharedLog
from md5_task_data.queue import leases
from tests.client import NOBODY

NewTask = Callable[..., str]


@pytest.mark.parametrize(
    "task_id", [NOBODY, "", "x", "../../etc/passwd", "\0", NOBODY + " ", NOBODY.replace("-", ""), "é" * 36]
)
def test_unknown_and_malformed_ids_look_alike(database: Database, task_id: str) -> None:
    with pytest.raises(NotFound), database.reading() as db:
        tasks.get(db, "local", task_id)


def test_another_owners_task_looks_like_none(database: Database, new_task: NewTask) -> None:
    theirs = new_task(owner="somebody else")
    with database.reading() as db:
        with pytest.raises(NotFound):
            tasks.get(db, "local", theirs)
        assert tasks.page(db, "local", filters={}, limit=10, cursor=None) == ([], None)
    with pytest.raises(NotFound), database.transaction() as db:
        tasks.cancel(db, "local", theirs)


def test_an_id_may_be_written_in_capitals(database: Database, new_task: NewTask) -> None:
    task_id = new_task()
    with database.reading() as db:
        assert tasks.get(db, "local", task_id.upper())["id"] == task_id


@pytest.mark.shows("GET /v1/tasks", "a cursor neither skips nor repeats")
def test_pages_neither_skip_nor_repeat_while_new_tasks_come_in(database: Database, new_task: NewTask) -> None:
    there = [new_task() for _ in range(25)]
    seen: list[str] = []
    cursor = None
    while True:
        with database.reading() as db:
            rows, cursor = tasks.page(db, "local", filters={}, limit=7, cursor=cursor)
        seen += [row["id"] for row in rows]
        new_task()
        if cursor is None:
            break
    assert seen == there[::-1]


def test_a_page_that_ends_with_the_last_task_has_no_next(database: Database, new_task: NewTask) -> None:
    for _ in range(4):
        new_task()
    with database.reading() as db:
        rows, cursor = tasks.page(db, "local", filters={}, limit=4, cursor=None)
    assert (len(rows), cursor) == (4, None)


@pytest.mark.shows("GET /v1/tasks")
def test_filters_narrow_the_list(database: Database, new_task: NewTask) -> None:
    wanted = new_task(filename="a.bam", batch="run 7")
    new_task(filename="b.bam", batch="run 7")
    new_task(filename="a.bam")
    with database.reading() as db:
        found, _ = tasks.page(db, "local", filters={"filename": "a.bam", "batch": "run 7"}, limit=10, cursor=None)
    assert [row["id"] for row in found] == [wanted]


@pytest.mark.parametrize(
    ("part", "found"),
    [("READS_1", ["reads_1%.bam"]), ("1%", ["reads_1%.bam"]), ("\\", []), ("", ["readsX12.bam", "reads_1%.bam"])],
)
def test_a_part_of_a_name_finds_it_and_nothing_in_it_is_a_wildcard(
    database: Database, new_task: NewTask, part: str, found: list[str]
) -> None:
    new_task(filename="reads_1%.bam")
    new_task(filename="readsX12.bam")
    with database.reading() as db:
        rows, _ = tasks.page(db, "local", filters={"filename__contains": part}, limit=10, cursor=None)
    assert [row["filename"] for row in rows] == found


@pytest.mark.parametrize("filters", [{"status": "lost"}, {"kind": "sha1"}, {"filename": "a\0"}])
def test_a_filter_that_can_match_nothing_is_told(database: Database, filters: dict[str, str | None]) -> None:
    with pytest.raises(InvalidInput), database.reading() as db:
        tasks.page(db, "local", filters=filters, limit=1, cursor=None)


@pytest.mark.parametrize("cursor", ["", "x", "é", "A" * 22 + "=", "A" * 500, NOBODY])
def test_a_cursor_that_is_not_ours_is_told(database: Database, cursor: str) -> None:
    with pytest.raises(InvalidInput, match="cursor"), database.reading() as db:
        tasks.page(db, "local", filters={}, limit=1, cursor=cursor)


def test_cancel_decides_the_outcome_once(database: Database, new_task: NewTask) -> None:
    task_id = new_task()
    with database.transaction() as db:
        assert tasks.cancel(db, "local", task_id)["outcome"] == "cancelled"
    with pytest.raises(Conflict, match="cancelled"), database.transaction() as db:
        tasks.cancel(db, "local", task_id)


@pytest.mark.parametrize(
    "state", ["queued", "running", "put back", "computed", "done", "failed", "cancelled", "expired"]
)
def test_a_task_can_be_cancelled_until_its_outcome_is_decided(
    database: Database, new_task: NewTask, tmp_path: Path, state: str
) -> None:
    task_id = new_task()
    with database.transaction() as db:
        [claim] = leases.claim(db, [task_id], 30) if state != "queued" else [None]
        if claim is not None and state == "put back":
            leases.put_back(db, claim, "x", delay_s=60, is_error=True)
        elif claim is not None and state in ("computed", "done", "expired"):
            leases.finish(db, claim, {"md5": "0" * 32})
        elif claim is not None and state == "failed":
            leases.fail(db, claim, {"code": "unexpected", "detail": "x"})
        elif state == "cancelled":
            tasks.cancel(db, "local", task_id)
    if state in ("done", "failed", "cancelled", "expired"):
        SharedLog(database, tmp_path / "tasks.log").flush()
    if state == "expired":
        with database.transaction() as db:
            small_files.settle_expired(db, [task_id])
    if state in ("queued", "running", "put back"):
        with database.transaction() as db:
            assert tasks.cancel(db, "local", task_id)["outcome"] == "cancelled"
        if claim is not None:
            with pytest.raises(LeaseLost), database.transaction() as db:
                leases.finish(db, claim, {"md5": "0" * 32})
        return
    with database.reading() as db:
        before = tasks.get(db, "local", task_id)
    with pytest.raises(Conflict, match=f"its outcome is {before['outcome']}"), database.transaction() as db:
        tasks.cancel(db, "local", task_id)
    with database.reading() as db:
        assert tasks.get(db, "local", task_id) == before


def test_names_are_kept_as_sent_up_to_4096_characters() -> None:
    odd = "../../\n\\ \u202e😀" + "x" * 200
    assert names.checked_name(odd) == odd
    assert names.checked_name("x" * 4096) == "x" * 4096
    for bad in ("x" * 4097, "a\0b"):
        with pytest.raises(InvalidInput, match="filename"):
            names.checked_name(bad)


def test_the_same_id_twice_is_refused_by_the_database(database: Database) -> None:
    new = tasks.NewTask(str(uuid_utils.uuid7()), "local", "md5", "x", 1)
    with database.transaction() as db:
        tasks.create(db, new)
    with pytest.raises(IntegrityError), database.transaction() as db:
        tasks.create(db, new)


def test_parameters_are_checked_by_their_kind() -> None:
    assert registry.known("md5").checked({"expected_md5": " " + "AB" * 16 + "\n"}) == {"expected_md5": "ab" * 16}
    assert registry.known("md5").checked({}) == {}
    for given, words in (
        ({"expected_md5": "xyz"}, "32 hexadecimal"),
        ({"expectedmd5": "0" * 32}, "takes: .*expected_md5"),
    ):
        with pytest.raises(InvalidInput, match=words):
            registry.known("md5").checked(given)
    with pytest.raises(InvalidInput, match="one of: md5"):
        registry.uploaded("sha1")


def test_a_version_changes_with_whatever_a_client_can_see(database: Database, new_task: NewTask) -> None:
    task_id, other = sorted(new_task() for _ in range(2))
    seen = []

    def look() -> None:
        with database.reading() as db:
            row = tasks.get(db, "local", task_id)
            assert tasks.versions(db, [task_id, other])[task_id] == tasks.version(row)
            assert [each["id"] for each in tasks.get_all(db, "local", [other, task_id, other])] == [task_id, other]
        seen.append(tasks.version(row))

    look()
    for reason in ("stopped", "an error"):
        with database.transaction() as db:
            [claim] = leases.claim(db, [task_id], 30)
        look()
        with database.transaction() as db:
            leases.beat(db, claim, 1, 30)
        look()
        with database.transaction() as db:
            leases.put_back(db, claim, reason, delay_s=0, is_error=reason != "stopped")
        look()
    with database.transaction() as db:
        tasks.cancel(db, "local", task_id)
    look()
    assert len(set(seen)) == len(seen) == 8


def test_several_are_only_had_where_all_are_there_and_ours(database: Database, new_task: NewTask) -> None:
    ours, theirs = new_task(), new_task(owner="somebody else")
    with database.reading() as db:
        for ids in ([ours, theirs], [ours, "nonsense"]):
            with pytest.raises(NotFound, match=ids[1]):
                tasks.get_all(db, "local", ids)
