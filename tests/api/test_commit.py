"""Group commit: each request gets its own answer."""

import asyncio
import functools
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
import pytest
import uuid_utils

from md5_service.api.http import deadline
from md5_service.api.upload import commit
from md5_service.api.upload.commit import Promises
from md5_task_data import tasks
from md5_task_data.bucket import small_files
from md5_task_data.database.engine import Database
from md5_task_data.errors import DependencyAway
from tests.api.conftest import Api
from tests.client import IN_TIME_S, TLS, in_a_thread

CreateAll = Callable[..., list[Any]]
HELD_S = 0.5


@pytest.fixture
def together(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Makes the first commit slow; returns the number of rows of each commit."""
    sizes: list[int] = []
    real = tasks.create_all
    first = threading.Event()

    def slow_at_first(db: Any, news: Sequence[Any]) -> list[Any]:
        sizes.append(len(news))
        if not first.is_set():
            first.set()
            threading.Event().wait(HELD_S)
        return real(db, news)

    monkeypatch.setattr(commit, "HANGS_S", 10)
    monkeypatch.setattr(tasks, "create_all", slow_at_first)
    return sizes


def hand_over(api: Api, names: Sequence[str], **given: Any) -> list[httpx2.Response]:
    def one(name: str) -> httpx2.Response:
        headers = given.get("headers", {}).get(name, {})
        return httpx2.post(
            f"{api.url}/v1/tasks",
            params={"filename": name},
            content=name,
            headers=headers,
            timeout=IN_TIME_S,
            verify=TLS,
        )

    with ThreadPoolExecutor(len(names)) as clients:
        return list(clients.map(one, names))


def test_what_comes_in_during_a_commit_is_committed_together(api: Api, together: list[int]) -> None:
    names = [str(number) for number in range(20)]
    answers = hand_over(api, names)
    assert [answer.status_code for answer in answers] == [202] * 20
    assert [answer.json()["filename"] for answer in answers] == names  # each gets its own
    assert sum(together) == api.count() == len(api.stored()) == 20
    assert len(together) <= 5


def test_one_that_cannot_be_harms_no_neighbour(api: Api, together: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    real = tasks.create_all

    def picky(db: Any, news: Sequence[Any]) -> list[Any]:
        rows = real(db, news)
        if any(new.filename == "7" for new, _ in news):
            raise RuntimeError("not this one")
        return rows

    monkeypatch.setattr(tasks, "create_all", picky)
    answers = hand_over(api, [str(number) for number in range(12)])
    assert [answer.status_code for answer in answers] == [500 if number == 7 else 202 for number in range(12)]
    assert api.count() == len(api.stored()) == 11


def test_an_outage_is_told_to_all_and_leaves_nothing(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object) -> list[Any]:
        threading.Event().wait(0.2)
        raise DependencyAway("no database today")

    with monkeypatch.context() as patch:
        patch.setattr(tasks, "create_all", away)
        assert {answer.status_code for answer in hand_over(api, [str(number) for number in range(8)])} == {503}
    assert (api.count(), api.stored()) == (0, [])


def test_what_was_given_up_is_left_out_of_a_commit_that_the_others_are_in(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    written, gone = threading.Event(), threading.Event()
    real = tasks.create_all
    ids = [str(uuid_utils.uuid7()) for _ in range(5)]
    forgotten: list[str] = []

    def waiting(db: Any, news: Sequence[Any]) -> list[Any]:
        rows = real(db, news)
        if len(news) > 1:
            written.set()
            gone.wait(10)
        else:
            threading.Event().wait(HELD_S)  # the first commit: the others arrive meanwhile
        return rows

    async def scenario() -> list[Any]:
        made = Promises(database, lambda size: None, lambda rows: None)
        making = []
        for task_id in ids:
            new = tasks.NewTask(task_id, "local", "md5", "reads.bam", 3, content=b"abc")
            making.append(asyncio.create_task(made.make(new, functools.partial(forgotten.append, task_id), None)))
            await asyncio.sleep(0.02)
        await asyncio.to_thread(written.wait, 10)
        making[2].cancel()
        await asyncio.sleep(0.1)
        gone.set()
        return await asyncio.gather(*making, return_exceptions=True)

    monkeypatch.setattr(commit, "HANGS_S", 10)
    monkeypatch.setattr(deadline, "ANSWER_S", 20)
    monkeypatch.setattr(tasks, "create_all", waiting)
    outcomes = in_a_thread(lambda: asyncio.run(scenario()))
    assert isinstance(outcomes.pop(2), asyncio.CancelledError)
    stay = ids[:2] + ids[3:]
    assert [row["id"] for row in outcomes] == stay
    assert forgotten == [ids[2]]
    with database.reading() as db:
        assert {row["id"] for row in tasks.page(db, "local", filters={}, limit=10, cursor=None)[0]} == set(stay)
        assert small_files.get_all(db, ids).keys() == set(stay)
