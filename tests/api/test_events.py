"""GET /v1/tasks/{id}/events and /v1/tasks/events: server-sent events."""

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from typing import Any

import httpx2
import pytest
import uuid_utils

from md5_service.api import watch
from md5_service.api.routes import events
from md5_task_data import tasks
from md5_task_data.database.engine import Database
from tests.api.answers import assert_problem
from tests.api.conftest import Api
from tests.client import BUSY_S, IN_TIME_S, NOBODY, TLS, wait_for


@contextmanager
def stream(api: Api, path: str, last_event_id: str | None = None) -> Iterator[Iterator[dict[str, str]]]:
    """The events of a stream, each a dictionary of its fields; a comment has the field ''."""
    headers = {} if last_event_id is None else {"Last-Event-ID": last_event_id}
    with httpx2.stream("GET", api.url + path, headers=headers, timeout=IN_TIME_S, verify=TLS) as answer:
        assert (answer.status_code, answer.headers["content-type"].partition(";")[0]) == (200, "text/event-stream")
        yield parsed(answer)


def parsed(answer: httpx2.Response) -> Iterator[dict[str, str]]:
    event: dict[str, str] = {}
    for line in answer.iter_lines():
        if line:
            name, _, value = line.partition(":")
            event[name] = value.strip()
        elif event:
            yield event
            event = {}


def task_of(event: dict[str, str]) -> dict[str, Any]:
    return dict(json.loads(event["data"]))


@pytest.mark.shows("GET /v1/tasks/{task_id}/events")
def test_the_task_comes_at_every_change_until_it_has_ended(api: Api) -> None:
    task_id = api.hand_over()
    with stream(api, f"/v1/tasks/{task_id}/events") as coming:
        assert next(coming) == {"retry": "1000"}
        first = next(coming)
        assert task_of(first) == api.client.get(f"/v1/tasks/{task_id}").json()
        api.finish(task_id)
        running = task_of(next(coming))
        assert (running["status"], running["progress"]["done"]) == ("running", 2)
        assert task_of(next(coming))["result"] == {"md5": "0" * 32}
        api.flush_log()
        last = next(coming)
        assert task_of(last) == api.client.get(f"/v1/tasks/{task_id}").json()
        assert task_of(last)["status"] == "done"
        assert list(coming) == []


@pytest.mark.shows("GET /v1/tasks/{task_id}/events")
def test_who_connects_again_gets_what_changed_meanwhile_and_nothing_twice(api: Api) -> None:
    task_id = api.hand_over()
    path = f"/v1/tasks/{task_id}/events"
    with stream(api, path) as coming:
        next(coming)
        seen = next(coming)["id"]
    with stream(api, path, seen) as coming:
        assert next(coming) == {"retry": "1000"}
        api.finish(task_id)
        api.flush_log()
        *_, last = coming
    assert task_of(last)["status"] == "done"
    assert api.client.get(path, headers={"Last-Event-ID": last["id"]}).status_code == 204
    with stream(api, path, seen) as coming:
        assert [event.get("id") for event in coming] == [None, last["id"]]


@pytest.mark.shows("GET /v1/tasks/events")
def test_many_tasks_come_in_one_stream(api: Api) -> None:
    ids = [api.hand_over() for _ in range(4)]
    path = "/v1/tasks/events?" + "&".join(f"id={task_id}" for task_id in [*ids, ids[0]])
    with stream(api, path) as coming:
        next(coming)
        assert sorted(task_of(next(coming))["id"] for _ in ids) == ids
        for task_id in ids:
            api.finish(task_id)
        api.flush_log()
        ended = [task_of(event)["id"] for event in coming if task_of(event)["status"] == "done"]
    assert sorted(ended) == ids


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"/v1/tasks/{NOBODY}/events", 404),
        ("/v1/tasks/nonsense/events", 404),
        (f"/v1/tasks/events?id={NOBODY}", 404),
        ("/v1/tasks/events", 422),
        ("/v1/tasks/events?" + "&".join(["id=x"] * (events.MOST_TASKS + 1)), 422),
    ],
)
def test_what_cannot_be_watched_is_told_before_a_stream_begins(api: Api, path: str, status: int) -> None:
    assert_problem(api.client.get(path), status, {404: "not_found", 422: "invalid_input"}[status])


def test_as_many_as_are_allowed_fit_into_one_stream(api: Api) -> None:
    ids = [api.hand_over()] * events.MOST_TASKS
    with stream(api, "/v1/tasks/events?" + "&".join(f"id={task_id}" for task_id in ids)) as coming:
        assert next(coming)
        assert task_of(next(coming))["id"] == ids[0]


@pytest.mark.shows("GET /v1/tasks/{task_id}/events")
def test_a_stream_says_that_it_lives_and_ends_after_a_while(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "KEEP_ALIVE_S", 0.2)
    monkeypatch.setattr(events, "LONGEST_S", 1)
    began = time.monotonic()
    with stream(api, f"/v1/tasks/{api.hand_over()}/events") as coming:
        said = list(coming)
    assert 1 <= time.monotonic() - began < 1 + BUSY_S
    assert {"": "ping"} in said


def test_one_too_many_is_told_so_and_a_wait_is_answered_at_once(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    task_id = api.hand_over()
    monkeypatch.setattr(watch, "MAX_WATCHES", 1)
    path = f"/v1/tasks/{task_id}"
    with stream(api, f"{path}/events") as coming:
        next(coming)
        refused = api.client.get(f"{path}/events")
        assert_problem(refused, 429, "too_many")
        assert refused.headers["retry-after"] == "5"
        began = time.monotonic()
        answer = api.client.get(path, headers={"Prefer": "wait=60"})
        assert (answer.status_code, answer.headers.get("preference-applied")) == (200, None)
        assert time.monotonic() - began < BUSY_S

    def is_free_again() -> bool:
        return api.client.get(path, headers={"Prefer": "wait=1"}).headers.get("preference-applied") == "wait=1"

    wait_for(is_free_again, "the place of a client that has gone")


@pytest.mark.shows("answer 429")
def test_one_owner_watches_so_many_tasks(start_api: Callable[..., Api]) -> None:
    api = start_api(auth="keys", max_watched_per_owner=500)
    (_, ann), (_, bob) = api.new_key("ann"), api.new_key("bob")
    rows = [api.client.post("/v1/tasks", content=b"abc", headers=owner).json()["id"] for owner in (ann, ann, bob)]
    database = Database(api.settings.database_url)
    more = [str(uuid_utils.uuid7()) for _ in range(499)]
    with closing(database), database.transaction() as db:
        tasks.create_all(db, [(tasks.NewTask(task_id, "ann", "md5", "a", 3), None) for task_id in more])
    path = "/v1/tasks/events?" + "&".join(f"id={task_id}" for task_id in more)
    with (
        api.client.stream("GET", path, headers=ann) as most,
        api.client.stream("GET", f"/v1/tasks/{rows[0]}/events", headers=ann) as last,
    ):
        assert (most.status_code, last.status_code) == (200, 200)
        coming = [parsed(most), parsed(last)]
        assert [next(each) for each in coming] == [{"retry": "1000"}] * 2  # both are watched now
        refused = api.client.get(f"/v1/tasks/{rows[1]}/events", headers=ann)
        assert_problem(refused, 429, "too_many", "500 tasks")
        assert refused.headers["retry-after"]
        with api.client.stream("GET", f"/v1/tasks/{rows[2]}/events", headers=bob) as other:
            assert other.status_code == 200
    wait_for(lambda: _is_watched(api, rows[1], ann), "the places of those that have gone")


def _is_watched(api: Api, task_id: str, owner: dict[str, str]) -> bool:
    with api.client.stream("GET", f"/v1/tasks/{task_id}/events", headers=owner) as answer:
        return answer.status_code == 200


def test_however_many_wait_the_database_is_asked_once_a_tick(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    versions = tasks.versions

    def counted(db: Any, task_ids: list[str]) -> Any:
        asked.append(len(task_ids))
        return versions(db, task_ids)

    monkeypatch.setattr(tasks, "versions", counted)
    ids = [api.hand_over() for _ in range(20)]

    def wait(task_id: str) -> None:
        httpx2.get(f"{api.url}/v1/tasks/{task_id}", headers={"Prefer": "wait=4"}, timeout=IN_TIME_S, verify=TLS)

    with ThreadPoolExecutor(40) as clients:
        list(clients.map(wait, ids * 2))
    assert 10 < max(asked) <= 20  # for all waiting clients together
    assert len(asked) < 3 / watch.LONGEST_S + 60
