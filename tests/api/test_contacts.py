"""Contacts over HTTP: upload a CSV, read the records, download the rejected rows, delete everything."""

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest

from md5_service.worker import sweeper
from md5_service.worker.app import kinds
from md5_service.worker.lifecycle import Lifecycle
from md5_task_data import tasks
from md5_task_data.bucket.folder import Bucket
from md5_task_data.database.engine import Database
from md5_task_data.errors import LeaseLost
from md5_task_data.kinds import contacts
from md5_task_data.log.shared_log import SharedLog
from md5_task_data.queue import leases
from md5_task_data.queue.hints import Message
from tests.api.answers import assert_problem
from tests.api.conftest import Api
from tests.client import NOBODY
from tests.servers.postgres import Postgres

CSV = "name;email;phone\nKathy;kathy@x.org;+1 2\nBob;nicholas@example;=cmd\nK;KATHY@x.org;\nZoë;zoe@müller.de;-\n"


def hand_over(api: Api, content: str = CSV, **params: str) -> str:
    query = {"kind": "contacts", "filename": "partner.csv", **params}
    answer = api.client.post("/v1/tasks", params=query, content=content.encode())
    assert answer.status_code == 202, answer.text
    return str(answer.json()["id"])


def work(api: Api, task_id: str) -> Any:
    """Do what a worker does, including the log line; returns the task."""
    database = Database(api.settings.database_url)
    hints: list[Message] = [Message([task_id])]
    worker = Lifecycle(api.settings, database, Bucket(api.settings.bucket_url), kinds(), hints.extend)
    while hints:
        worker.run(hints.pop(0).task_ids)
    SharedLog(database, api.settings.log_path, 86400).flush()
    database.close()
    return api.client.get(f"/v1/tasks/{task_id}").json()


@pytest.mark.shows("GET /v1/contacts", "GET /v1/contacts/{contact_id}")
def test_a_file_becomes_records_and_tells_what_became_of_each_row(api: Api) -> None:
    task = work(api, hand_over(api))
    assert task["result"] == {
        "rows": 4,
        "inserted": 2,
        "duplicate": 1,
        "invalid": 1,
        "encoding": "utf-8",
        "delimiter": ";",
        "header": True,
        "email_column": "email",
        "name_column": "name",
    }
    listed = api.client.get("/v1/contacts").json()
    assert listed["next"] is None
    kathy, zoe = listed["items"]
    assert kathy == {
        "id": f"{task['id']}-2",
        "email": "kathy@x.org",
        "name": "Kathy",
        "data": {"phone": "+1 2"},
        "task": task["id"],
        "line": 2,
    }
    assert zoe["email"] == "zoe@müller.de"
    assert api.client.get(f"/v1/contacts/{kathy['id']}").json() == kathy
    assert api.client.get("/v1/contacts", params={"email": "Zoe@MÜLLER.de"}).json()["items"] == [zoe]
    assert api.client.get("/v1/contacts", params={"email": "nobody@x.org"}).json()["items"] == []
    assert len(api.client.get("/v1/contacts", params={"task": task["id"]}).json()["items"]) == 2
    assert api.client.get("/v1/contacts", params={"task": NOBODY}).json()["items"] == []


@pytest.mark.shows("GET /v1/contacts")
def test_contacts_go_from_page_to_page(api: Api) -> None:
    work(api, hand_over(api, "".join(f"u{number:03}@x.org\n" for number in range(250))))
    seen: list[str] = []
    path = "/v1/contacts?limit=100"
    while path:
        answer = api.client.get(path)
        seen += [contact["email"] for contact in answer.json()["items"]]
        path = answer.links["next"]["url"] if "next" in answer.links else ""
        assert bool(path) == bool(answer.json()["next"])
    assert seen == [f"u{number:03}@x.org" for number in range(250)]


@pytest.mark.shows("GET /v1/contacts/{contact_id}")
@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/v1/contacts/", 404, "not_found"),
        ("/v1/contacts/nonsense", 404, "not_found"),
        (f"/v1/contacts/{NOBODY}-1", 404, "not_found"),
        ("/v1/contacts?limit=0", 422, "invalid_input"),
        ("/v1/contacts?limit=1001", 422, "invalid_input"),
        ("/v1/contacts?cursor=no", 422, "invalid_input"),
        ("/v1/contacts?mail=x", 422, "invalid_input"),
        ("/v1/contacts?email=%00", 422, "invalid_input"),
        ("/v1/contacts?task=%00", 422, "invalid_input"),
        (f"/v1/tasks/{NOBODY}/rejects.csv", 404, "not_found"),
        ("/v1/tasks/nonsense/rejects.csv", 404, "not_found"),
    ],
)
def test_what_is_not_there_or_not_allowed_is_told(api: Api, path: str, status: int, code: str) -> None:
    assert_problem(api.client.get(path), status, code)


@pytest.mark.parametrize("path", ["", "/file", "/rejects.csv", "/phones", "/phones/regions", "/phones.csv"])
def test_an_id_of_another_form_is_unknown_to_postgresql_too(
    start_api: Callable[..., Api], postgres: Postgres, path: str
) -> None:
    """Which would refuse to compare it with ids."""
    api = start_api(database_url=postgres.new_database())
    for task_id in ("nonsense", "0" * 36, NOBODY.upper() + "0"):
        assert_problem(api.client.get(f"/v1/tasks/{task_id}{path}"), 404, "not_found")


@pytest.mark.shows("GET /v1/tasks/{task_id}/rejects.csv")
def test_rejects_are_safe_in_a_spreadsheet_and_can_be_handed_over_again(api: Api) -> None:
    task_id = hand_over(api)
    path = f"/v1/tasks/{task_id}/rejects.csv"
    assert_problem(api.client.get(path), 409, "conflict", "has not finished")
    work(api, task_id)
    answer = api.client.get(path)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="rejects.csv"'
    header, row = csv.reader(io.StringIO(answer.text))
    assert header == ["line", "code", "message", "name", "email", "phone"]
    assert (row[:2], row[3:]) == (["3", "invalid_address"], ["Bob", "nicholas@example", "'=cmd"])
    again = work(api, hand_over(api, answer.text.replace("nicholas@example", "nicholas@example.org")))
    assert again["result"]["inserted"] == 1
    (bob,) = api.client.get("/v1/contacts", params={"task": again["id"]}).json()["items"]
    assert (bob["name"], bob["data"]) == ("Bob", {"phone": "=cmd"})
    assert api.client.get(f"/v1/tasks/{again['id']}/rejects.csv").text == "line,code,message,name,email,phone\n"


@pytest.mark.shows("GET /v1/tasks/{task_id}/rejects.csv")
def test_many_rejects_come_whole_and_in_order(api: Api) -> None:
    count = 60_000
    task = work(api, hand_over(api, "email,name\n" + "".join(f"nobody,{'x' * 150}{n}\n" for n in range(count))))
    assert (task["result"]["invalid"], task["progress"]["unit"]) == (count, "rows")
    rows = list(csv.reader(io.StringIO(api.client.get(f"/v1/tasks/{task['id']}/rejects.csv").text)))
    assert [row[0] for row in rows[1:]] == [str(2 + number) for number in range(count)]
    assert rows[-1][4].endswith(f"x{count - 1}")


@pytest.mark.shows("GET /v1/tasks/{task_id}/rejects.csv")
def test_a_file_of_another_kind_has_no_rejects(api: Api) -> None:
    md5 = api.client.post("/v1/tasks", content=b"abc").json()["id"]
    assert_problem(api.client.get(f"/v1/tasks/{md5}/rejects.csv"), 409, "conflict", "kind md5")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"delimiter": ":"}, "one of , ; tab |"),
        ({"encoding": "ebcdic"}, "one of utf-8"),
        ({"header": "perhaps"}, "yes or no"),
        ({"email_column": ""}, "the email address column"),
        ({"email_column": "x" * 256}, "the email address column"),
        ({"check_mx": "2"}, "yes or no"),
        ({"expected_md5": "0" * 32}, "Unknown parameter 'expected_md5'"),
    ],
)
def test_a_parameter_says_what_it_may_be(api: Api, given: dict[str, str], words: str) -> None:
    answer = api.client.post("/v1/tasks", params={"kind": "contacts", **given}, content=b"a@x.org\n")
    assert_problem(answer, 422, "invalid_input", words)
    assert api.count() == 0


def test_what_is_given_is_not_detected(api: Api) -> None:
    content = "a,b;x@y.org;c@d.org\n"
    found = work(api, hand_over(api, content, delimiter=";", header="no", email_column="3", encoding="CP1251"))[
        "result"
    ]
    assert (found["delimiter"], found["header"], found["email_column"], found["encoding"]) == (";", False, 3, "cp1251")
    (contact,) = api.client.get("/v1/contacts").json()["items"]
    assert (contact["email"], contact["name"], contact["data"]) == ("c@d.org", "a,b", {"column_2": "x@y.org"})
    tab = work(api, hand_over(api, "a,z@y.org\tz@y.org\n", delimiter="tab"))["result"]
    assert (tab["delimiter"], tab["email_column"], tab["inserted"]) == ("\t", 2, 1)


@pytest.mark.parametrize(
    ("content", "code", "words"),
    [
        ('name,email\na,"b\n', "unreadable_csv", "A quote is opened in line 2 and not closed"),
        ("one,two\nthree,four\n", "invalid_input", "email_column"),
        ("\x89PNG\r\n\x1a\n", "not_text", "Save it as CSV"),
    ],
)
def test_a_file_that_cannot_be_used_fails_in_words_for_its_sender(
    api: Api, content: str, code: str, words: str
) -> None:
    task = work(api, str(api.client.post("/v1/tasks?kind=contacts", content=content.encode("latin-1")).json()["id"]))
    assert (task["status"], task["error"]["code"], task["error"]["status"]) == ("failed", code, 422)
    assert words in task["error"]["detail"]
    assert_problem(api.client.get(f"/v1/tasks/{task['id']}/rejects.csv"), 409, "conflict", "failed")


@pytest.mark.shows("DELETE /v1/tasks/{task_id}/results")
def test_an_owner_deletes_what_a_file_brought_and_the_task_stays(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contacts, "DELETED_TOGETHER", 10)
    other = work(api, hand_over(api))
    task = work(api, hand_over(api, "no\n" + "".join(f"u{number}@x.org\n" for number in range(25))))
    assert task["result"]["inserted"] == 25
    results = f"/v1/tasks/{task['id']}/results"
    for _ in range(2):
        assert api.client.delete(results).status_code == 204
        assert len(api.client.get("/v1/contacts").json()["items"]) == 2
    after = api.client.get(f"/v1/tasks/{task['id']}").json()
    assert (after["result"]["inserted"], after["kept"]) == (25, False)
    assert_problem(api.client.get(f"/v1/tasks/{task['id']}/rejects.csv"), 410, "results_deleted", "on request")
    assert len(api.client.get(f"/v1/tasks/{other['id']}/rejects.csv").text.splitlines()) == 2
    assert work(api, hand_over(api, "u3@x.org\n"))["result"]["inserted"] == 1


def test_what_an_owner_deleted_the_sweeper_deletes_where_nobody_else_got_to_it(api: Api) -> None:
    kept, task = work(api, hand_over(api)), work(api, hand_over(api, "a@x.org\nb@x.org\n"))
    database, bucket = Database(api.settings.database_url), Bucket(api.settings.bucket_url)
    with database.transaction() as db:
        tasks.delete_results(db, "local", task["id"])
    assert len(api.client.get("/v1/contacts").json()["items"]) == 4
    sweeper.delete_expired(database, bucket)
    assert {each["task"] for each in api.client.get("/v1/contacts").json()["items"]} == {kept["id"]}
    database.close()


def test_who_is_late_with_a_part_stores_nothing_when_its_file_is_deleted(api: Api) -> None:
    task_id = hand_over(api, "".join(f"u{number}@x.org,{'x' * 100}\n" for number in range(50)))
    database, bucket = Database(api.settings.database_url), Bucket(api.settings.bucket_url)
    hints: list[Message] = []
    settings = api.settings.model_copy(update={"part_bytes": 1024})
    Lifecycle(settings, database, bucket, kinds(), hints.extend).run([task_id])
    with database.transaction() as db:
        (part,) = leases.claim(db, hints[0].task_ids, 30)
    api.client.delete(f"/v1/tasks/{task_id}")
    SharedLog(database, api.settings.log_path, 86400).flush()
    assert api.client.delete(f"/v1/tasks/{task_id}/results").status_code == 204
    with pytest.raises(LeaseLost), database.transaction() as db:
        leases.beat(db, part, 0, 30)
        contacts.load(db, owner="local", task_id=task_id, rows=[("late@x.org", "late@x.org", "", "{}", 1)])
    assert api.client.get("/v1/contacts").json()["items"] == []
    database.close()
