"""The comparison of searches for phone numbers runs, and all find the same; its figures mean nothing here."""

from pathlib import Path

import pytest

from bench import phones


@pytest.mark.long
def test_the_service_finds_what_the_matcher_alone_does(tmp_path: Path) -> None:
    told = dict(phones.measure(tmp_path, **phones.QUICK))
    (numbers,) = (words for what, words in told.items() if what.startswith("the texts"))
    assert all(int(each.replace(",", "")) > 100 for each in numbers.split(" · "))
