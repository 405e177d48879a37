"""Limits the request rate of each owner. Requests are counted per process: two API processes allow twice as many."""

import re
import time
from urllib.parse import parse_qsl

from md5_service.api.http.conventions import LARGEST_PAGE
from md5_task_data.errors import TooMany

FOR_ONE = 10  # tasks that cost about as much to read and send as one request does
PLAIN = re.compile("[1-9][0-9]{0,2}")  # a limit below the largest page; anything else counts as the largest


class Rates:
    """A token bucket for each owner, refilled with `per_s` requests per second up to the requests of one second. A request may
    count as several, but never as more than a full bucket."""

    def __init__(self, per_s: float) -> None:
        self._per_s = per_s
        self._most = max(1.0, per_s)
        self._left: dict[str, tuple[float, float]] = {}

    def take(self, owner: str, cost: float) -> None:
        """Count a request of an owner. Raises TooMany."""
        now = time.monotonic()
        left, at = self._left.get(owner, (self._most, now))
        left = min(self._most, left + (now - at) * self._per_s)
        cost = min(cost, self._most)
        if left < cost:
            raise TooMany(
                f"You sent more than {self._per_s:g} requests per second; a long list counts as several. Send fewer, or ask for "
                "shorter pages."
            )
        self._left[owner] = left - cost, now


def cost(query: bytes) -> float:
    """The number of requests that a request with this query counts as: one, and one more for each 10 tasks it names or lists."""
    if not query:
        return 1
    asked = 0
    for name, value in parse_qsl(query.decode("latin-1")):
        if name == "id":
            asked += 1
        elif name == "limit":
            asked += int(value) if PLAIN.fullmatch(value) else LARGEST_PAGE
    return 1 + asked / FOR_ONE
