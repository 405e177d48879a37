"""The comparison of contact imports runs, and all contenders count the same; its figures mean nothing here."""

from pathlib import Path

import pytest

from bench import contacts


@pytest.mark.long
def test_every_way_of_loading_contacts_finds_what_a_plain_pass_does(tmp_path: Path) -> None:
    told = dict(contacts.measure(tmp_path, **contacts.QUICK))
    assert told["the file"].startswith("5,000 rows")
