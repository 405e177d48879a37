"""The numbers of a text for a client, page by page, with prepared responses: when it waits, and how it ends."""

import json

import httpx2
import pytest

from md5_service import client
from md5_service.client.flows import Flow, Flows
from md5_service.client.phones import LONGEST_S, SHORTEST_S, Phones
from tests.cli.test_client_flows import LOST, answer, carry_out
from tests.client import NOBODY

FOREVER = float("inf")


class Followed:
    """What a client gets from these responses, what it asks for, how long it waits, and the error with which it ends."""

    def __init__(self, *answers: httpx2.Response | Exception, timeout_s: float = FOREVER) -> None:
        flows = Flows("http://service")
        carry_out(flows.get(NOBODY), answer(200))  # it has answered before
        self.numbers: list[str] = []
        pages = Phones(flows, NOBODY, None, None, 0, timeout_s)
        self.error, sent, self.pauses = carry_out(self._all(pages), *answers)
        self.cursors = [request.params.get("cursor") for request in sent if request.path.endswith("/phones")]
        assert len(sent) == len(answers)

    def _all(self, pages: Phones) -> Flow[None]:
        while not pages.is_over:
            self.numbers += [phone["number"] for phone in (yield from pages.next())]


def page(*numbers: str, following: str | None) -> httpx2.Response:
    return answer(200, complete=following is None, items=[{"number": number} for number in numbers], next=following)


def task(outcome: str | None) -> httpx2.Response:
    about = {"id": NOBODY, "outcome": outcome, "status": outcome or "running", "error": None}
    return httpx2.Response(200, content=json.dumps(about))


def test_each_page_is_asked_for_with_the_cursor_of_the_one_before() -> None:
    got = Followed(page("+1", "+2", following="b"), page("+3", following=None), task("done"))
    assert (got.numbers, got.cursors, got.pauses, got.error) == (["+1", "+2", "+3"], [None, "b"], [], None)


def test_it_waits_after_pages_without_numbers_and_ever_longer() -> None:
    nothing = [page(following="a") for _ in range(6)]
    got = Followed(*nothing, page("+1", following="b"), page(following="b"), page(following=None), task("done"))
    *growing, after_a_number = got.pauses
    assert growing[0] == after_a_number == SHORTEST_S
    assert growing == sorted(growing)
    assert growing[-1] == LONGEST_S
    assert got.numbers == ["+1"]


@pytest.mark.parametrize("outcome", ["failed", "cancelled"])
def test_the_numbers_of_a_task_that_is_not_done_end_with_an_error(outcome: str) -> None:
    got = Followed(page("+1", following="b"), page("+2", following=None), task(outcome))
    assert got.numbers == ["+1", "+2"]
    assert isinstance(got.error, client.Incomplete)
    assert (got.error.task["outcome"], str(got.error)) == (outcome, f"{NOBODY} {outcome}")


def test_what_is_not_there_in_time_is_told_with_the_task() -> None:
    got = Followed(page("+1", following="b"), page(following="b"), task(None), timeout_s=0)
    assert got.numbers == ["+1"]
    assert isinstance(got.error, client.TimedOut)
    assert got.error.task["status"] == "running"


def test_a_task_that_ends_when_the_time_is_over_is_read_to_its_end() -> None:
    got = Followed(page(following="a"), task("done"), page("+1", following=None), task("done"), timeout_s=0)
    assert (got.numbers, got.error) == (["+1"], None)


def test_a_service_that_restarts_is_waited_for_and_nothing_is_read_twice() -> None:
    away = [answer(503, code="unavailable", detail="away")] * 10 + [LOST] * 10
    got = Followed(page("+1", following="b"), *away, page("+2", following=None), task("done"))
    assert (got.numbers, got.error) == (["+1", "+2"], None)
    assert set(got.cursors[1:]) == {"b"}
