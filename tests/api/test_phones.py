"""Phone numbers over HTTP: upload a text, read what has been found so far, export it, and delete it."""

import csv
import io
from collections.abc import Callable
from contextlib import closing
from typing import Any

import httpx2
import pytest
from sqlalchemy import Connection

from md5_service.api.routes import phones as route
from md5_service.worker import sweeper
from md5_task_data import tasks
from md5_task_data.bucket.folder import Bucket
from md5_task_data.database.engine import Database
from md5_task_data.errors import DependencyAway
from md5_task_data.kinds import phones
from md5_task_data.upkeep import results
from tests.api.answers import assert_problem
from tests.api.conftest import Api
from tests.api.searching import TEXT, Worker, hand_over, listed, searched
from tests.client import NOBODY

FIRST = {
    "number": "+14155552671",
    "extension": None,
    "region": "US",
    "raw": "(415) 555-2671",
    "line": 1,
    "offset": 5,
}


@pytest.fixture
def worker(api: Api) -> Any:
    with closing(Database(api.settings.database_url)) as database:
        yield Worker(api, database, part_bytes=2048)


@pytest.mark.shows("GET /v1/tasks/{task_id}/phones")
def test_the_numbers_of_a_text_are_listed_in_file_order(api: Api, worker: Worker) -> None:
    task_id = searched(api, worker)
    found = listed(api, task_id)
    assert (found["complete"], found["next"]) == (True, None)
    assert found["progress"] == {"done": len(TEXT.encode()), "total": len(TEXT.encode()), "unit": "bytes"}
    assert found["items"][0] == FIRST
    assert [(each["number"], each["extension"], each["region"], each["line"]) for each in found["items"]] == [
        ("+14155552671", None, "US", 1),
        ("+16502530000", "12", "US", 2),
        ("+442079460018", None, "GB", 3),
        ("+80012345678", None, None, 4),
    ]
    result = api.client.get(f"/v1/tasks/{task_id}").json()["result"]
    assert result == {"numbers": 4, "distinct": 4, "region": "US", "encoding": "utf-8", "engine": "exact"}


@pytest.mark.shows("GET /v1/tasks/{task_id}/phones")
def test_numbers_can_be_read_while_the_file_is_being_searched_and_each_comes_once(api: Api, worker: Worker) -> None:
    text = "".join(f"line {k}: +1 650 253 {k:04}, and nothing else\n" for k in range(500))
    task_id = hand_over(api, text)
    assert listed(api, task_id) == {
        "complete": False,
        "items": [],
        "next": listed(api, task_id)["next"],
        "progress": {"done": 0, "total": len(text), "unit": "bytes"},
    }
    worker.begin(task_id)
    seen: list[str] = []
    cursor, asked, early = None, 0, 0
    while True:
        answer = api.client.get(
            f"/v1/tasks/{task_id}/phones", params={"limit": 30} | ({} if cursor is None else {"cursor": cursor})
        )
        page = answer.json()
        seen += [each["number"] for each in page["items"]]
        early += 0 if page["complete"] else len(page["items"])
        asked += 1
        assert bool(page["next"]) == ("next" in answer.links)
        if page["next"] is None:
            break
        cursor = page["next"]
        if worker.hints and asked % 3 == 0:
            worker.step()
    assert seen == [f"+1650253{k:04}" for k in range(500)]
    assert early > 400
    assert page["complete"]


@pytest.mark.shows("GET /v1/tasks/{task_id}/phones/regions")
def test_the_counts_by_region_grow_with_the_search(api: Api, worker: Worker) -> None:
    text = "+1 650 253 0000 and +44 20 7946 0018 and +800 1234 5678 or +1 650 253 0001\n" * 100
    task_id = hand_over(api, text)
    path = f"/v1/tasks/{task_id}/phones/regions"
    assert api.client.get(path).json() == {"complete": False, "numbers": 0, "items": []}
    worker.begin(task_id)
    worker.step()
    some = api.client.get(path).json()
    assert (some["complete"], 0 < some["numbers"] < 400) == (False, True)
    worker.end()
    assert api.client.get(path).json() == {
        "complete": True,
        "numbers": 400,
        "items": [
            {"region": "US", "numbers": 200},
            {"region": None, "numbers": 100},
            {"region": "GB", "numbers": 100},
        ],
    }


@pytest.mark.shows("GET /v1/tasks/{task_id}/phones.csv")
def test_all_numbers_are_exported_safe_for_spreadsheets(
    api: Api, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(route, "EXPORTED_TOGETHER", 3)
    text = TEXT + "\n" + "".join(f"+1 650 253 {k:04}\n" for k in range(20))
    task_id = hand_over(api, text)
    path = f"/v1/tasks/{task_id}/phones.csv"
    assert_problem(api.client.get(path), 409, "conflict", f"get what has been found so far: /v1/tasks/{task_id}/phones")
    worker.begin(task_id)
    worker.end()
    answer = api.client.get(path)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="phones.csv"'
    header, *rows = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))
    assert header == ["number", "extension", "region", "raw", "line", "offset"]
    assert rows[:2] == [
        ["'+14155552671", "", "US", "(415) 555-2671", "1", "5"],
        ["'+16502530000", "12", "US", "'+1 650-253-0000 ext. 12", "2", "28"],
    ]
    assert [row[0] for row in rows[4:]] == [f"'+1650253{k:04}" for k in range(20)]
    filtered = api.client.get(path, params={"region": "GB"}).text.splitlines()
    assert [row.split(",")[0] for row in filtered[1:]] == ["'+442079460018"]
    same = api.client.get(path, params={"number": "650 253 0000"}).text.splitlines()
    assert [row.split(",")[:2] for row in same[1:]] == [["'+16502530000", "12"], ["'+16502530000", ""]]


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"number": "abc"}, "The parameter number must be a phone number"),
        ({"number": "\0"}, "number"),
        ({"number": "1" * 1000}, "The parameter number"),
        ({"region": "XX"}, "The parameter region must be the two-letter code"),
        ({"cursor": "zz"}, "The parameter cursor"),
        ({"limit": "1001"}, "The parameter limit"),
        ({"context": "201"}, "The parameter context"),
        ({"context": "-1"}, "The parameter context"),
        ({"numbers": "1"}, "Unknown parameter 'numbers'"),
    ],
)
def test_a_wrong_filter_is_refused(api: Api, worker: Worker, query: dict[str, str], words: str) -> None:
    task_id = searched(api, worker)
    assert_problem(api.client.get(f"/v1/tasks/{task_id}/phones", params=query), 422, "invalid_input", words)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"region": "XX"}, "The parameter region must be the two-letter code of a country"),
        ({"region": ""}, "The parameter region"),
        ({"region": "USA"}, "The parameter region"),
        ({"encoding": "ebcdic"}, "one of utf-8"),
        ({"delimiter": ","}, "Unknown parameter 'delimiter'"),
    ],
)
def test_a_parameter_says_what_it_may_be(api: Api, given: dict[str, str], words: str) -> None:
    answer = api.client.post("/v1/tasks", params={"kind": "phones", **given}, content=b"x")
    assert_problem(answer, 422, "invalid_input", words)
    assert api.count() == 0


def test_the_region_of_the_service_is_written_into_the_task(start_api: Callable[..., Api]) -> None:
    """So a setting that is changed later changes no attempt and no retry."""
    api = start_api(phones_region="DE")
    with closing(Database(api.settings.database_url)) as database:
        task_id = hand_over(api, "030 123456")
        assert api.client.get(f"/v1/tasks/{task_id}").json()["params"] == {"region": "DE"}
        api.client.delete(f"/v1/tasks/{task_id}")
        worker = Worker(api, database, phones_region="US")
        worker.end()
        again = api.client.post(f"/v1/tasks/{task_id}/retry").json()
        assert again["params"] == {"region": "DE"}
        worker.begin(again["id"])
        worker.end()
        assert [each["number"] for each in listed(api, again["id"])["items"]] == ["+4930123456"]
        mine = hand_over(api, "030 123456", region=" gb ", encoding="UTF-8")
        assert api.client.get(f"/v1/tasks/{mine}").json()["params"] == {"region": "GB", "encoding": "utf-8"}


@pytest.mark.shows("GET /v1/tasks/{task_id}/phones", "GET /v1/tasks/{task_id}/phones/regions")
@pytest.mark.parametrize("path", ["phones", "phones/regions", "phones.csv"])
def test_what_has_no_numbers_is_told(api: Api, path: str) -> None:
    md5 = api.hand_over()
    assert_problem(
        api.client.get(f"/v1/tasks/{md5}/{path}"), 409, "conflict", "A task of kind md5 has no phone numbers"
    )
    for nobody in (NOBODY, "nonsense"):
        assert_problem(api.client.get(f"/v1/tasks/{nobody}/{path}"), 404, "not_found")


def test_a_cancelled_search_keeps_what_was_found(api: Api, worker: Worker) -> None:
    text = "".join(f"+1 650 253 {k:04}\n" for k in range(500))
    task_id = hand_over(api, text)
    worker.begin(task_id)
    worker.step()
    api.client.delete(f"/v1/tasks/{task_id}")
    found = listed(api, task_id)
    assert (found["complete"], len(found["items"])) == (True, 100)
    worker.end()  # the other parts find that nobody waits for them
    assert listed(api, task_id) == found | {"progress": listed(api, task_id)["progress"]}
    answer = api.client.get(f"/v1/tasks/{task_id}/phones.csv")
    assert answer.headers["content-disposition"] == 'attachment; filename="phones-cancelled.csv"'


@pytest.mark.shows("DELETE /v1/tasks/{task_id}/results")
def test_an_owner_deletes_the_numbers_and_the_task_stays(
    api: Api, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(phones, "DELETED_TOGETHER", 10)
    other = searched(api, worker)
    task_id = hand_over(api, "".join(f"+1 650 253 {k:04}\n" for k in range(55)))
    results = f"/v1/tasks/{task_id}/results"
    worker.begin(task_id)
    assert_problem(api.client.delete(results), 409, "conflict", "has not finished")
    worker.end()
    for _ in range(2):
        assert api.client.delete(results).status_code == 204
    for path in ("phones", "phones/regions", "phones.csv"):
        assert_problem(api.client.get(f"/v1/tasks/{task_id}/{path}"), 410, "results_deleted", "on request")
    task = api.client.get(f"/v1/tasks/{task_id}").json()
    assert (task["result"]["numbers"], task["kept"]) == (55, False)
    rows = api.rows()
    assert {row.task_id for row in rows["phones"]} == {row.task_id for row in rows["phone_regions"]} == {other}
    assert len(listed(api, other)["items"]) == 4


def test_an_export_that_a_deletion_overtakes_breaks_off(
    api: Api, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise what is left of the numbers would look like all of them."""
    task_id = searched(api, worker, "".join(f"+1 650 253 {k:04}\n" for k in range(20)))
    page = phones.page

    def deleting(db: Connection, task: str, *given: Any, cursor: str | None, **named: Any) -> Any:
        if cursor is not None:
            with worker.database.transaction() as other:
                tasks.delete_results(other, "local", task_id)
                phones.delete_some(other, task_id)
        return page(db, task, *given, cursor=cursor, **named)

    monkeypatch.setattr(route, "EXPORTED_TOGETHER", 3)
    monkeypatch.setattr(phones, "page", deleting)
    with pytest.raises(httpx2.RemoteProtocolError):
        api.client.get(f"/v1/tasks/{task_id}/phones.csv")


def test_a_deletion_that_the_database_interrupts_is_accepted_and_the_sweeper_completes_it(
    api: Api, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> bool:
        raise DependencyAway("the database is too slow")

    task_id = searched(api, worker)
    with monkeypatch.context() as patched:
        patched.setattr(results, "delete_some", interrupted)
        assert api.client.delete(f"/v1/tasks/{task_id}/results").status_code == 204
    assert_problem(api.client.get(f"/v1/tasks/{task_id}/phones"), 410, "results_deleted", "on request")
    assert len(api.rows()["phones"]) == 4
    sweeper.delete_expired(worker.database, Bucket(api.settings.bucket_url))
    assert api.rows()["phones"] == []
