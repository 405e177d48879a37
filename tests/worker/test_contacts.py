"""A CSV becomes one record per address; every row is accounted for."""

import csv
import io
import threading

from sqlalchemy import select, update

from md5_task_data.schema import tasks
from tests.client import IN_TIME_S
from tests.worker.conftest import Loading

SAMPLE = "Kathy Hunter;abc.def0@bing.com\nBob;nicholas@example\nKathy;ABC.Def0@bing.com\n;;\n\nZoë;zoe@müller.de;+49\n"


def test_every_row_is_inserted_a_duplicate_or_invalid(load: Loading) -> None:
    found = load(SAMPLE)
    assert found.counts == (5, 2, 1, 2)
    assert {key: (row["email"], row["name"], row["line"]) for key, row in found.records.items()} == {
        "abc.def0@bing.com": ("abc.def0@bing.com", "Kathy Hunter", 1),
        "zoe@xn--mller-kva.de": ("zoe@müller.de", "Zoë", 6),
    }
    assert found.records["zoe@xn--mller-kva.de"]["data"] == {"column_3": "+49"}
    told = found.task["result"]
    assert (told["delimiter"], told["encoding"], told["header"]) == (";", "utf-8", False)
    assert (told["email_column"], told["name_column"]) == (2, 1)


def test_the_report_names_line_and_reason_and_has_the_raw_row(load: Loading) -> None:
    header, first, second = csv.reader(io.StringIO(load(SAMPLE).rejects))
    assert header == ["line", "code", "message", "name", "email", "column_3"]
    assert first == ["2", "invalid_address", first[2], "Bob", "nicholas@example"]
    assert "period" in first[2]
    assert second == ["4", "empty_row", "All cells of the row are empty.", "", "", ""]


def test_what_is_there_is_kept_and_the_new_row_skipped(load: Loading) -> None:
    first = load("name,email\nOld,a@x.org\n")
    second = load("name,email\nNew,A@X.org\nB,b@x.org\n")
    assert first.counts == (1, 1, 0, 0)
    assert second.counts == (2, 1, 1, 0)
    assert list(second.records) == ["b@x.org"]
    assert load.found(first.task["id"]).records["a@x.org"]["name"] == "Old"


def test_each_owner_has_records_of_its_own(load: Loading) -> None:
    mine = load("a@x.org\n")
    theirs = load.hand_over(b"a@x.org\n", owner="another")
    load.work(theirs)
    assert mine.counts == load.found(theirs, "another").counts == (1, 1, 0, 0)


def test_a_large_file_is_loaded_in_parts_and_the_result_is_the_same_in_any_order(load: Loading) -> None:
    rows = [f'"B, {k}\nx",user{k % 150}@x.org,{"no" if k % 10 == 0 else k}' for k in range(400)]
    content = ("name,email,phone\r\n" + "".join(f"{row}\r\n" for row in rows)).encode().replace(b"user7@", b"user7@@")
    load = load.so_set(part_bytes=1500)
    task_id = load.hand_over(content)
    load.lifecycle.run([task_id])
    assert load.found(task_id).task["status"] == "waiting"
    assert len(load.hints) > 5
    load.hints.reverse()
    load.work()
    found = load.found(task_id)
    assert (found.task["outcome"], found.task["error"]) == ("done", None)
    assert found.counts == (400, 149, 248, 3)
    assert [found.records[f"user{k}@x.org"]["line"] for k in range(150) if k != 7] == [
        2 + 2 * k for k in range(150) if k != 7
    ]
    assert [line[0] for line in csv.reader(io.StringIO(found.rejects))] == ["line", "16", "316", "616"]
    assert (found.task["progress"], found.task["total"], found.task["unit"]) == (400, 400, "rows")


def test_a_file_whose_parts_an_older_version_has_ended_is_closed(load: Loading) -> None:
    """They told of rows and invalid ones, and of nothing that came later."""
    load = load.so_set(part_bytes=1024)
    task_id = load.hand_over("".join(f"user{k}@x.org,{k}\n" for k in range(300)).encode())
    load.lifecycle.run([task_id])
    parts = [load.hints.pop(0).task_ids for _ in range(len(load.hints))]
    for named in parts:
        load.lifecycle.run(named)
    with load.database.transaction() as db:
        for (part,) in parts:
            told = db.execute(select(tasks.c.result).where(tasks.c.id == part)).scalar_one()
            old = {name: told[name] for name in ("rows", "invalid")}
            db.execute(update(tasks).where(tasks.c.id == part).values(result=old))
    load.work()
    assert load.found(task_id).counts == (300, 300, 0, 0)


def test_parts_that_are_delivered_three_times_at_once_are_loaded_once(load: Loading) -> None:
    content = "".join(f"user{k % 120}@x.org,{k}\n" if k % 9 else f"nobody,{k}\n" for k in range(300))
    quiet = load.so_set(part_bytes=1024)(content, owner="another")
    workers = [load.so_set(part_bytes=1024) for _ in range(3)]
    task_id = workers[0].hand_over(content.encode())
    workers[0].lifecycle.run([task_id])
    for worker in workers[1:]:
        worker.hints += workers[0].hints[::-1]
    threads = [threading.Thread(target=worker.work) for worker in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(IN_TIME_S)
    found = load.found(task_id)
    assert found.counts == quiet.counts
    assert (found.rejects, found.task["attempt"]) == (quiet.rejects, 1)
    for key, record in found.records.items():
        assert record | {"task_id": 0, "owner": 0} == quiet.records[key] | {"task_id": 0, "owner": 0}
