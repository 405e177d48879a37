"""A statement that waits for the next one is still in its transaction, and nowhere else."""

import pytest
from sqlalchemy import func, insert, select, text, update
from sqlalchemy.exc import IntegrityError

from md5_task_data.database.bulk import FEW, insert_all
from md5_task_data.database.engine import Database
from md5_task_data.database.options import LATER
from md5_task_data.schema import totals
from tests.servers.postgres import Postgres

MANY = FEW + 1


@pytest.fixture
def database(postgres: Postgres) -> Database:
    return Database(postgres.new_database())


def row(number: int) -> dict[str, object]:
    return {"owner": str(number), "kind": "md5", "outcome": "done", "tasks": 1, "bytes": 0, "work": 0}


def kept(database: Database) -> int:
    with database.reading() as db:
        return db.execute(select(func.count()).select_from(totals)).scalar_one()


@pytest.mark.parametrize("number", [1, 2, MANY])  # a statement, one for several, a COPY
def test_what_comes_first_is_in_the_transaction(database: Database, number: int) -> None:
    with pytest.raises(ZeroDivisionError), database.transaction() as db:
        insert_all(db, totals, [row(each) for each in range(number)])
        db.execute(select(1))  # with which those that wait are sent
        raise ZeroDivisionError
    assert kept(database) == 0


def test_one_statement_for_many_sets_of_values_is_in_the_transaction(database: Database) -> None:
    with database.transaction() as db:
        insert_all(db, totals, [row(number) for number in range(3)])
    with pytest.raises(ZeroDivisionError), database.transaction() as db:
        db.connection.cursor().executemany("UPDATE totals SET tasks = %s", [(2,), (3,)])
        raise ZeroDivisionError
    with database.reading() as db:
        assert db.scalars(select(totals.c.tasks)).all() == [1] * 3


def test_what_waits_is_kept_by_the_commit_and_seen_by_nobody_before(database: Database) -> None:
    with database.transaction() as db:
        insert_all(db, totals, [row(1)])
        db.execute(update(totals).values(tasks=2).execution_options(**LATER))
        assert kept(database) == 0
    with database.reading() as db:
        assert db.scalars(select(totals.c.tasks)).all() == [2]


def test_what_waits_and_is_wrong_fails_the_commit_and_all_before_it(database: Database) -> None:
    with pytest.raises(IntegrityError), database.transaction() as db:
        db.execute(insert(totals), row(1))
        db.execute(select(1))
        insert_all(db, totals, [row(1)])
    assert kept(database) == 0
    with database.transaction() as db:  # by the same connection of the pool
        insert_all(db, totals, [row(1)])
    assert kept(database) == 1


def test_what_waits_when_all_is_rolled_back_is_forgotten(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), database.transaction() as db:
        insert_all(db, totals, [row(1)])
        raise ZeroDivisionError
    assert kept(database) == 0
    with database.transaction() as db:
        db.execute(select(1))
    assert kept(database) == 0


def test_a_read_is_no_transaction(database: Database) -> None:
    with database.reading() as db:
        process = db.execute(select(func.pg_backend_pid())).scalar_one()
        assert _state(database, process) == "idle"
    with database.transaction() as db:
        process = db.execute(select(func.pg_backend_pid())).scalar_one()
        assert _state(database, process) == "idle in transaction"


def _state(database: Database, process: int) -> object:
    with database.reading() as db:
        return db.scalar(text("SELECT state FROM pg_stat_activity WHERE pid = :process"), {"process": process})
