"""Keys in the database: a hash, an owner, and whether the key was revoked."""

import pytest
from sqlalchemy import select

from md5_task_data import api_keys
from md5_task_data.database.engine import Database
from md5_task_data.errors import InvalidInput, NotFound
from md5_task_data.schema import api_keys as table


def test_a_key_is_its_owners_until_it_is_revoked(database: Database) -> None:
    with database.transaction() as db:
        key_id, key = api_keys.create(db, "ann")
        _, other = api_keys.create(db, "ann")
    assert api_keys.id_of(key) == key_id
    with database.transaction() as db:
        row = api_keys.get(db, key_id)
        assert row is not None
        assert row["owner"] == "ann"
        assert api_keys.fits(key, row)
        assert not api_keys.fits(other, row)
        api_keys.revoke(db, key_id)
        api_keys.revoke(db, key_id)
        assert api_keys.get(db, key_id) is None
        listed = {found["id"]: found["revoked_at"] is None for found in api_keys.all_keys(db)}
    assert listed == {key_id: False, api_keys.id_of(other): True}


def test_what_is_kept_does_not_open_anything(database: Database) -> None:
    with database.transaction() as db:
        key_id, key = api_keys.create(db, "ann")
        (kept,) = db.execute(select(table)).mappings().all()
    secret = key.removeprefix(f"md5_{key_id}_")
    assert len(secret) == 43
    assert not any(secret in str(value) for value in kept.values())
    assert api_keys.id_of(kept["hash"]) is None


def test_what_cannot_be(database: Database) -> None:
    with pytest.raises(NotFound, match="key list"), database.transaction() as db:
        api_keys.revoke(db, "0" * 16)
    for owner in ("", "Ann", "a b", "é", "-a", "a" * 65, "a\n", "a\0"):  # could be mistaken for another
        with pytest.raises(InvalidInput, match="owner"), database.transaction() as db:
            api_keys.create(db, owner)


@pytest.mark.parametrize("text", ["", "md5_", "md5_0123456789abcdef_short", "x" * 1000, f"md5_{'0' * 16}_{'é' * 43}"])
def test_what_has_not_the_form_of_a_key_names_no_row(text: str) -> None:
    assert api_keys.id_of(text) is None
