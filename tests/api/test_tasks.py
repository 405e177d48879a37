"""GET and DELETE under /v1/tasks: get by id, wait, list, cancel."""

import time
from contextlib import closing

import pytest
from sqlalchemy import update

from md5_service.api.routes import health
from md5_task_data.database.engine import Database
from md5_task_data.queue import turns
from md5_task_data.queue.hints import WORK
from md5_task_data.schema import tasks as table
from tests.api.answers import assert_problem
from tests.api.conftest import Api
from tests.client import BUSY_S, NOBODY


@pytest.mark.shows("GET /v1/tasks/{task_id}", "answer 404")
@pytest.mark.parametrize("task_id", [NOBODY, "nonsense", "..%2f..%2fetc", "%00", NOBODY + "%20", "é" * 300])
@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_an_unknown_id_is_404(api: Api, method: str, task_id: str) -> None:
    answer = api.client.request(method, f"/v1/tasks/{task_id}")
    assert answer.status_code == 404
    if "2f" not in task_id:  # an encoded slash makes another path
        assert_problem(answer, 404, "not_found", "There is no task")


@pytest.mark.shows("answer 404")
@pytest.mark.parametrize("path", ["/v1", "/v1/", "/v1/nothing", "/v1/tasks/", "/nothing", "/assets/nothing.js"])
def test_an_unknown_path_is_404_and_never_the_page(api: Api, path: str) -> None:
    assert_problem(api.client.get(path), 404, "not_found")


@pytest.mark.shows("answer 405")
@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/v1/tasks", "GET, HEAD, POST"),
        ("OPTIONS", f"/v1/tasks/{NOBODY}", "GET, HEAD, DELETE"),
        ("DELETE", "/v1/tasks/events?id=1", "GET"),
        ("HEAD", "/v1/tasks/events", "GET"),
        ("POST", "/v1/manifest.md5", "GET, HEAD"),
    ],
)
def test_a_wrong_method_is_405_and_says_which_are_right(api: Api, method: str, path: str, allowed: str) -> None:
    answer = api.client.request(method, path)
    assert (answer.status_code, answer.headers["allow"]) == (405, allowed)
    if method != "HEAD":
        assert_problem(answer, 405, "method_not_allowed", allowed)


@pytest.mark.shows("GET /v1/tasks/{task_id}")
def test_an_unchanged_task_is_304(api: Api) -> None:
    task_id = api.hand_over()
    etag = api.client.get(f"/v1/tasks/{task_id}").headers["etag"]
    assert api.client.get(f"/v1/tasks/{task_id}", headers={"If-None-Match": etag}).status_code == 304
    api.client.delete(f"/v1/tasks/{task_id}")
    changed = api.client.get(f"/v1/tasks/{task_id}", headers={"If-None-Match": etag})
    assert changed.status_code == 200
    assert changed.headers["etag"] != etag


@pytest.mark.shows("GET /v1/tasks/{task_id}")
def test_a_wait_ends_with_its_time(api: Api) -> None:
    task_id = api.hand_over()
    began = time.monotonic()
    answer = api.client.get(f"/v1/tasks/{task_id}", headers={"Prefer": "wait=1"})
    assert 0.9 < time.monotonic() - began < 1 + BUSY_S
    assert answer.headers["preference-applied"] == "wait=1"
    assert answer.json()["status"] == "queued"


@pytest.mark.shows("GET /v1/tasks/{task_id}")
def test_a_wait_is_cut_to_sixty_seconds_and_nonsense_is_not_one(api: Api) -> None:
    task_id = api.hand_over()
    api.client.delete(f"/v1/tasks/{task_id}")
    for prefer, applied in (
        ("wait=100000", "wait=60"),
        ("respond-async, wait = 5", "wait=5"),
        ("WAIT=3", "wait=3"),
        ("wait=-1", None),
        ("wait=1.5", None),
        ("foo=wait=9", None),
        ("", None),
    ):
        answer = api.client.get(f"/v1/tasks/{task_id}", headers={"Prefer": prefer})
        assert answer.headers.get("preference-applied") == applied


@pytest.mark.shows("GET /v1/tasks/{task_id}")
def test_a_wait_ends_soon_after_the_outcome_though_the_line_is_not_written(api: Api) -> None:
    task_id = api.hand_over()
    api.client.delete(f"/v1/tasks/{task_id}")  # there is no worker, so it stays computed
    began = time.monotonic()
    task = api.client.get(f"/v1/tasks/{task_id}", headers={"Prefer": "wait=60"}).json()
    assert (task["status"], task["outcome"]) == ("computed", "cancelled")
    assert time.monotonic() - began < 1 + BUSY_S


@pytest.mark.shows("POST /v1/tasks")
def test_a_wait_on_hand_over_is_still_202(api: Api) -> None:
    answer = api.client.post("/v1/tasks", content=b"x", headers={"Prefer": "wait=1"})
    assert (answer.status_code, answer.headers["preference-applied"]) == (202, "wait=1")


@pytest.mark.shows("DELETE /v1/tasks/{task_id}", "answer 409")
def test_cancel_once_and_then_409(api: Api) -> None:
    task_id = api.hand_over()
    cancelled = api.client.delete(f"/v1/tasks/{task_id}")
    assert (cancelled.status_code, cancelled.json()["outcome"]) == (200, "cancelled")
    assert_problem(api.client.delete(f"/v1/tasks/{task_id}"), 409, "conflict", "cancelled")


@pytest.mark.shows("GET /v1/tasks")
def test_the_list_goes_from_page_to_page(api: Api) -> None:
    ids = [api.hand_over(batch="b") for _ in range(5)] + [api.hand_over()]
    seen, url = [], "/v1/tasks?batch=b&limit=2"
    while url:
        answer = api.client.get(url)
        seen += [task["id"] for task in answer.json()["items"]]
        link = answer.headers.get("link", "")
        assert bool(link) == bool(answer.json()["next"])
        url = link.partition(">")[0].removeprefix("<")
    assert seen == ids[4::-1]


@pytest.mark.shows("GET /v1/tasks")
@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=1001", "limit=x", "status=lost", "kind=sha1", "cursor=x", f"cursor={'A' * 21}B", "filename=%00"],
)
def test_a_bad_list_is_422_and_says_what_is_wrong(api: Api, query: str) -> None:
    assert_problem(api.client.get(f"/v1/tasks?{query}"), 422, "invalid_input", query.partition("=")[0])


def test_a_kind_that_a_worker_does_not_know_is_told_of_by_readyz_metrics_and_the_task(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "checks", lambda *_: {})  # everything else is available
    task_id = api.client.post("/v1/tasks", content=b"abc").json()["id"]
    assert api.client.get("/readyz").json() == {"status": "ok", "checks": {"kinds": "ok"}}
    assert 'md5_left_tasks{kind="md5"} 0.0' in api.client.get("/metrics").text
    with closing(Database(api.settings.database_url)) as database, database.transaction() as db:
        db.execute(update(table).where(table.c.id == task_id).values(kind="newer"))
        assert turns.claim(db, WORK, [task_id], 30, "") == []
    answer = api.client.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok", "checks": {"kinds": "away"}})
    assert 'md5_left_tasks{kind="newer"} 1.0' in api.client.get("/metrics").text
    task = api.client.get(f"/v1/tasks/{task_id}").json()
    assert (task["kind"], task["status"]) == ("newer", "queued")
    assert "does not know the kind newer" in task["history"][-1]["reason"]


@pytest.mark.shows("GET /healthz", "GET /readyz")
def test_health_names_what_is_away(api: Api) -> None:
    assert api.client.get("/healthz").json()["status"] == "ok"
    answer = api.client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"] == {"database": "ok", "broker": "away", "bucket": "ok", "log": "ok"}


def test_who_asks_is_told_what_is_away_and_only_the_log_why(api: Api, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("WARNING", health.__name__):
        (api.folder / "bucket").rename(api.folder / "elsewhere")
        answers = [api.client.get("/readyz") for _ in range(3)]
    assert {answer.json()["checks"]["bucket"] for answer in answers} == {"away"}
    assert "/" not in "".join(answer.text for answer in answers)
    told = [message for message in caplog.messages if message.startswith("bucket: ")]
    assert told == [f"bucket: the folder {api.folder}/bucket does not exist or is not writable"]
