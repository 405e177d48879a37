"""How often one owner may ask. Counted in the process: two API processes let through twice as much."""

import re
import time
from urllib.parse import parse_qsl

from md5_service.api.http.conventions import LARGEST_PAGE
from md5_task_data.errors import TooMany

FOR_ONE = 10  # tasks: to read and write so many costs about as much as to be asked once
PLAIN = re.compile("[1-9][0-9]{0,2}")  # how a limit below the largest page is spelt; of any other the most counts


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
            raise TooMany(
                f"You sent more than {self._per_s:g} requests per second. Send fewer, or ask for fewer tasks at once."
            )
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
