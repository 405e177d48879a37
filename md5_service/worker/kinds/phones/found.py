"""What finds the numbers of a text, and what it finds."""

from collections.abc import Callable, Iterator
from typing import NamedTuple


class Found(NamedTuple):
    """A number in a text: `raw` begins at the index `start`; `number` is in E.164; `region` is None for numbers that belong to no
    country."""

    start: int
    raw: str
    number: str
    extension: str | None
    region: str | None


Find = Callable[[str, str], Iterator[Found]]  # in a text, with a region
