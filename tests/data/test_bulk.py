"""Many rows inserted at once arrive as if inserted one by one, whatever they contain; errors on the way are reported as
elsewhere."""

import os

import pytest
import uuid_utils
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from md5_task_data import tasks
from md5_task_data.bucket import small_files
from md5_task_data.database import bulk
from md5_task_data.database.engine import Database
from md5_task_data.errors import DependencyAway
from md5_task_data.schema import tasks as table

ODD = ("a\tb\\N\n", "\\.", 'é"😀', "\x01\x7f", "", "x" * 4096, os.fsdecode(b"\xff/\x80\xc3"))
LARGEST = 2**63 - 1


def news(content: bytes | None = None) -> list[tasks.NewTask]:
    params = {"deep": [{"é": "\\\t"}, None, 1.5]}
    return [
        tasks.NewTask(str(uuid_utils.uuid7()), "local", "md5", name, LARGEST, batch or None, params, content=content)
        for name in ODD
        for batch in [os.fsencode(name[:9]).decode(errors="replace")]
    ]


def test_what_is_inserted_together_is_what_was_given(database: Database) -> None:
    assert len(ODD) > bulk.FEW
    all_bytes = bytes(range(256)) * 256
    given = news(all_bytes)
    with database.transaction() as db:
        rows = tasks.create_all(db, [(new, "00-" + "a" * 52) for new in given])
    with database.reading() as db:
        found = {row["id"]: row for row in db.execute(select(table)).mappings()}
        assert small_files.get_all(db, found) == {new.id: all_bytes for new in given}
        assert set(small_files.sizes(db, found).values()) == {len(all_bytes)}
    assert len(found) == len(given)
    for new, row in zip(given, rows, strict=True):
        assert dict(row) == dict(found[new.id])
        assert (row["filename"], row["size"], row["batch"], row["params"]) == (
            os.fsencode(new.filename).decode(errors="replace"),
            new.size,
            new.batch,
            new.params,
        )
        assert row["filename_bytes"] in (None, os.fsencode(new.filename))
        assert (row["filename_bytes"] is None) == (row["filename"] == new.filename)


def test_together_or_alone_makes_no_difference(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = news(b"abc"), news(b"abc")
    with database.transaction() as db:
        tasks.create_all(db, [(new, None) for new in first])
        monkeypatch.setattr(bulk, "FEW", 100)
        tasks.create_all(db, [(new, None) for new in second])
    with database.reading() as db:
        rows = {row["id"]: dict(row) for row in db.execute(select(table)).mappings()}
    for one, other in zip(first, second, strict=True):
        apart = {"id", "created_at", "due_at"}
        assert {k: v for k, v in rows[one.id].items() if k not in apart} == {
            k: v for k, v in rows[other.id].items() if k not in apart
        }


@pytest.mark.parametrize("database_url", ["postgresql", "mariadb"], indirect=True)
def test_one_that_cannot_be_is_an_error_and_none_of_them_is_there(database: Database) -> None:
    given = [*news(), tasks.NewTask(str(uuid_utils.uuid7()), "local", "md5", "x" * 4097, 1)]
    with pytest.raises(DBAPIError), database.transaction() as db:
        tasks.create_all(db, [(new, None) for new in given])
    with database.reading() as db:
        assert db.execute(select(table.c.id)).all() == []


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_connection_that_is_cut_is_an_outage_and_the_next_is_another(database: Database) -> None:
    with pytest.raises(DependencyAway), database.transaction() as db:
        mine = db.execute(text("SELECT pg_backend_pid()")).scalar_one()
        with database.transaction() as other:
            other.execute(text("SELECT pg_terminate_backend(:mine)"), {"mine": mine})
        tasks.create_all(db, [(new, None) for new in news()])
    with database.transaction() as db:
        assert len(tasks.create_all(db, [(new, None) for new in news()])) == len(ODD)
