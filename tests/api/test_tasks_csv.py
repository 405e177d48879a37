"""GET /v1/tasks.csv: the list as a table, and its filters."""

import csv
import io
from collections.abc import Callable

import pytest

from md5_task_data import listing
from tests.api.answers import assert_problem
from tests.api.conftest import Api

TABLE = "/v1/tasks.csv"
WRONG = "0123456789abcdef" * 2


def rows(api: Api, **query: str) -> list[dict[str, str]]:
    answer = api.client.get(TABLE, params=query)
    assert answer.status_code == 200
    assert answer.content.startswith(b"\xef\xbb\xbfid,kind,status,")
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))


@pytest.mark.shows("GET /v1/tasks.csv")
def test_the_table_says_of_each_task_what_the_list_says(api: Api) -> None:
    checked = api.hand_over(filename="L1/reads, 1.bam", batch="run 7", expected_md5=WRONG)
    api.finish(checked)
    api.flush_log()
    cancelled = api.hand_over(filename="=HYPERLINK(1)\n-2;+3", batch="@batch")
    api.client.delete(f"/v1/tasks/{cancelled}")
    answer = api.client.get(TABLE)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="tasks.csv"'
    second, first = rows(api)
    task = api.client.get(f"/v1/tasks/{checked}").json()
    assert first == {
        **{name: task[name] for name in ("id", "kind", "status", "outcome", "filename", "batch")},
        **{name: task[name] for name in ("created_at", "finished_at")},
        "size": "3",
        "md5": "0" * 32,
        "expected_md5": WRONG,
        "verdict": "none",
        "error_code": "",
        "error_detail": "",
    }
    assert second | {"created_at": ""} == dict.fromkeys(first, "") | {
        "id": cancelled,
        "kind": "md5",
        "status": "computed",
        "outcome": "cancelled",
        "size": "3",
        "verdict": "none",
        "filename": "'=HYPERLINK(1)\n'-2;'+3",
        "batch": "'@batch",
    }


@pytest.mark.shows("GET /v1/tasks.csv", "owners")
def test_the_table_has_all_pages_of_the_list_and_no_one_elses(
    start_api: Callable[..., Api], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "STEP", 2)
    api = start_api(auth="keys")
    (_, ann), (_, bob) = api.new_key("ann"), api.new_key("bob")
    for owner in (ann, bob):
        for number in range(5):
            api.client.post("/v1/tasks", params={"filename": str(number), "batch": "b"}, headers=owner, content=b"")
    text = api.client.get(TABLE, params={"batch": "b"}, headers=ann).text
    assert [row.split(",")[4] for row in text.splitlines()[1:]] == ["4", "3", "2", "1", "0"]


@pytest.mark.shows("GET /v1/tasks.csv", "GET /v1/tasks")
def test_list_and_table_take_the_same_filters(api: Api) -> None:
    wanted, _ = api.hand_over(filename="wanted.bam"), api.hand_over(filename="other.bam")
    for query in (
        {"filename__contains": "WANTED"},
        {"filename": "wanted.bam", "verdict": "none", "created_after": "2026-01-01"},
    ):
        assert [row["id"] for row in rows(api, **query)] == [wanted]
        assert [task["id"] for task in api.client.get("/v1/tasks", params=query).json()["items"]] == [wanted]
    assert rows(api, created_before="2026-01-01T00:00:00+01:00") == []


@pytest.mark.shows("GET /v1/tasks", "GET /v1/tasks.csv")
@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("verdict=maybe", "match, mismatch, none"),
        (
            "created_after=now",
            "The parameter created_after must be a date, such as 2026-03-12, or a time with its offset",
        ),
        ("created_before=2026-02-30", "created_before"),
        ("created_after=2026-03-12T10:00:00+02:00", "it was '2026-03-12T10:00:00 02:00'"),  # `+` is a space in a query
    ],
)
def test_a_bad_filter_is_422_and_says_what_is_allowed(api: Api, query: str, words: str) -> None:
    for path in ("/v1/tasks", TABLE):
        assert_problem(api.client.get(f"{path}?{query}"), 422, "invalid_input", words)


def test_the_table_has_no_pages(api: Api) -> None:
    assert_problem(api.client.get(f"{TABLE}?limit=5"), 422, "invalid_input", "limit")


@pytest.mark.shows("GET /v1/tasks/{task_id}", "bytes are kept so long")
def test_a_finished_task_says_until_when_its_bytes_are_stored(start_api: Callable[..., Api]) -> None:
    api = start_api(keep_uploads_s=3600)
    task_id = api.hand_over()

    def kept_until() -> str | None:
        until: str | None = api.client.get(f"/v1/tasks/{task_id}").json()["kept_until"]
        return until

    api.finish(task_id)
    assert kept_until() is None  # its line is not in the log
    api.flush_log()
    assert kept_until() is not None
    api.client.delete(f"/v1/tasks/{task_id}/results")
    assert kept_until() is None
