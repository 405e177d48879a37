"""How much one request, one owner, and all together may ask of this process. Counted in the process: two API processes let
through twice as much."""

import re
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from md5_service.api.http.errors import known_error
from md5_task_data.errors import Busy, HeadTooLarge, TooMany

FOR_ONE = 10  # tasks: to read and write so many costs about as much as to be asked once
LARGEST_PAGE = 1000  # items of a list
PLAIN = re.compile("[1-9][0-9]{0,2}")  # how a limit below that is spelt; of any other the most counts


class Head:
    """ASGI middleware: refuses requests whose address and headers are longer than `most_bytes`, or more than `most`."""

    def __init__(self, app: ASGIApp, most_bytes: int, most: int) -> None:
        self._app = app
        self._most_bytes = most_bytes
        self._most = most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            headers = scope["headers"]
            size = sum(len(name) + len(value) for name, value in headers)
            size += len(scope["raw_path"]) + len(scope["query_string"])
            if size > self._most_bytes or len(headers) > self._most:
                error = HeadTooLarge(
                    f"{size} bytes in {len(headers)} headers; at most {self._most_bytes} in {self._most} are taken"
                )
                answer = await known_error(Request(scope), error)
                await answer(scope, receive, send)
                return
        await self._app(scope, receive, send)


class Rates:
    """A token bucket for each owner: `per_s` requests a second, as many at once after a rest. One may count as several, but never
    as more than there can be."""

    def __init__(self, per_s: float) -> None:
        self._per_s = per_s
        self._most = max(1.0, per_s)
        self._left: dict[str, tuple[float, float]] = {}

    def take(self, owner: str, cost: float) -> None:
        """Raises TooMany."""
        now = time.monotonic()
        left, at = self._left.get(owner, (self._most, now))
        left = min(self._most, left + (now - at) * self._per_s)
        cost = min(cost, self._most)
        if left < cost:
            raise TooMany(f"more than {self._per_s:g} requests a second; ask less often, or for less at once")
        self._left[owner] = left - cost, now


def cost(query: bytes) -> float:
    """As how many requests one counts by its query: one more for each 10 tasks that it names or wants listed."""
    if not query:
        return 1
    asked = 0
    for name, value in parse_qsl(query.decode("latin-1")):
        if name == "id":
            asked += 1
        elif name == "limit":
            asked += int(value) if PLAIN.fullmatch(value) else LARGEST_PAGE
    return 1 + asked / FOR_ONE


class Places:
    """For files that are received at the same time."""

    def __init__(self, most: int, most_of_one: int) -> None:
        self._most = most
        self._most_of_one = most_of_one
        self._taken: Counter[str] = Counter()

    @contextmanager
    def one(self, owner: str) -> Iterator[None]:
        """Raises TooMany, Busy."""
        if self._taken[owner] >= self._most_of_one:
            raise TooMany(
                f"{self._most_of_one} of your files are on their way already; send the next when one has arrived"
            )
        if self._taken.total() >= self._most:
            raise Busy(f"{self._most} files are on their way already; try again soon")
        self._taken[owner] += 1
        try:
            yield
        finally:
            self._taken[owner] -= 1
            if not self._taken[owner]:
                del self._taken[owner]
