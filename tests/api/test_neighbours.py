"""One owner's requests cost other owners little: what counts against the rate, and who runs next."""

import asyncio
import threading
from collections.abc import Callable
from functools import partial
from types import SimpleNamespace

import pytest

from md5_service.api.access import rates
from md5_service.api.http.deadline import LongSteps
from tests.api.conftest import Api
from tests.client import IN_TIME_S, in_a_thread


def test_who_asks_for_much_at_once_asks_less_often(
    start_api: Callable[..., Api], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rates, "time", SimpleNamespace(monotonic=lambda: 100.0))
    api = start_api(auth="keys", rate_per_owner=50)
    for number, (path, served) in enumerate(
        (
            ("/v1/tasks?limit=240", 2),  # each counts as 25
            ("/v1/tasks?%6cimit=240", 2),
            ("/v1/tasks?limit=1000", 1),  # counts as all of them
            ("/v1/tasks/events?" + "&".join(["id=x"] * 240), 2),
            ("/v1/tasks?limit=1_000", 1),
            ("/v1/tasks?limit=%2B1000", 1),
            ("/v1/tasks?limit=01000", 1),
            ("/v1/tasks?limit=9", 26),
        )
    ):
        _, owner = api.new_key(f"owner{number}")
        answers = [api.client.get(path, headers=owner).status_code for _ in range(served + 1)]
        assert [answer == 429 for answer in answers] == [False] * served + [True]


def test_what_computes_has_one_turn_of_an_owner_at_a_time_and_others_wait_for_none() -> None:
    began: list[str] = []
    may_end = threading.Event()

    def step(name: str) -> None:
        began.append(name)
        assert may_end.wait(IN_TIME_S)

    async def ask() -> None:
        long_steps = LongSteps()
        asked = [
            asyncio.create_task(long_steps.run(owner, partial(step, owner))) for owner in ("ann", "ann", "ann", "bob")
        ]
        while len(began) < 2:
            await asyncio.sleep(0.001)
        assert sorted(began) == ["ann", "bob"]
        may_end.set()
        await asyncio.gather(*asked)

    in_a_thread(lambda: asyncio.run(ask()))
    assert sorted(began) == ["ann", "ann", "ann", "bob"]


@pytest.mark.parametrize("value", ["%C3%A4", "%FF", "%C2%B2", "1e9", "-5", "", "%00", "9" * 5000, "%D9%A3"])
def test_whatever_a_query_holds_can_be_counted(api: Api, value: str) -> None:
    for name in ("limit", "id", "batch", value):
        assert api.client.get(f"/v1/tasks?{name}={value}&=&&{value}").status_code in (200, 422)
    assert rates.cost(f"{value}=1&limit={value}&limit=10".encode()) >= 2
    assert rates.cost(f"limit={value}".encode()) in (1, 101)
