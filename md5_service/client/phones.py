"""The phone numbers in a text, page by page, also while the service is still searching it; for both clients."""

import time

from md5_service.client.errors import Incomplete, TimedOut
from md5_service.client.flows import Flow, Flows, Pause, Request, path_of
from md5_service.client.wire import Phone

LARGEST_PAGE = 1000
SHORTEST_S, LONGEST_S = 0.1, 1.0  # pauses after a page on which there is nothing yet


class Phones:
    """The pages of one task. `next` is to be called until it `is_over`."""

    def __init__(
        self, flows: Flows, task_id: str, number: str | None, region: str | None, context: int, timeout_s: float
    ) -> None:
        self._flows = flows
        self._task_id = task_id
        self._path = f"{path_of(task_id)}/phones"
        filters = {"number": number, "region": region, "context": str(context), "limit": str(LARGEST_PAGE)}
        self._query = {name: value for name, value in filters.items() if value is not None}
        self._cursor: str | None = ""
        self._deadline = time.monotonic() + timeout_s
        self._pause_s = SHORTEST_S
        self.is_over = False

    def next(self) -> Flow[list[Phone]]:
        """The numbers of the next page, which may be empty. Raises Incomplete after the last page of a task that is not done, and
        TimedOut."""
        if self._cursor is None:
            yield from self._end()
            return []
        query = self._query | ({"cursor": self._cursor} if self._cursor else {})
        page = yield from self._flows.through_outages(Request("GET", self._path, query))
        found: list[Phone] = page["items"]
        self._cursor = page["next"]
        if found:
            self._pause_s = SHORTEST_S
        elif self._cursor is not None:
            yield from self._wait()
        return found

    def _wait(self) -> Flow[None]:
        left = self._deadline - time.monotonic()
        if left <= 0:
            task = yield from self._flows.get(self._task_id)
            if task["outcome"] is None:
                raise TimedOut(task)
            return  # it has ended in the meantime, so there are last pages
        yield Pause(min(self._pause_s, left))
        self._pause_s = min(2 * self._pause_s, LONGEST_S)

    def _end(self) -> Flow[None]:
        self.is_over = True
        task = yield from self._flows.get(self._task_id)
        if task["outcome"] != "done":
            raise Incomplete(task)
