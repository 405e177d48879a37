"""DNS answers are cached for a while, and so is how long the DNS was asked."""

from sqlalchemy import func, select, update

from md5_task_data.database.engine import Database
from md5_task_data.kinds import domains
from md5_task_data.kinds.domains import FILE_S, OWNER_S, PART_S, Answer
from md5_task_data.schema import SECOND, asked_domains, asking

ANSWERS = {
    "takes.org": Answer(),
    "refuses.org": Answer("The domain name refuses.org does not exist."),
    "silent.org": Answer(is_silent=True),
    "straße.org": Answer("größer"),
    "n" * 300 + ".org": Answer(),
}
ONE, OTHER = ("00000000-0000-7000-8000-00000000000" + last for last in "12")


def kept(database: Database) -> dict[str, Answer]:
    with database.reading() as db:
        return domains.known(db, [*ANSWERS, "Takes.org", "never-asked.org"])


def later(database: Database, seconds: float) -> None:
    with database.transaction() as db:
        db.execute(update(asked_domains).values(until=asked_domains.c.until - int(seconds * SECOND)))
        db.execute(update(asking).values(at=asking.c.at - int(seconds * SECOND)))


def test_answers_are_known_until_they_are_old(database: Database) -> None:
    with database.transaction() as db:
        domains.keep(db, ANSWERS)
    known = {name: answer for name, answer in ANSWERS.items() if len(name) <= 255}
    assert kept(database) == known
    later(database, domains.SILENT_S + 1)
    del known["silent.org"]
    assert kept(database) == known
    later(database, domains.ANSWERED_S)
    assert kept(database) == {}
    with database.transaction() as db:
        domains.forget(db)
        assert db.scalar(select(func.count()).select_from(asked_domains)) == 0


def test_a_newer_answer_takes_the_place_of_the_old_one(database: Database) -> None:
    for answer in (Answer(is_silent=True), Answer("gone"), Answer()):
        with database.transaction() as db:
            domains.keep(db, {"a.org": answer, "b.org": Answer()})
        with database.reading() as db:
            assert domains.known(db, ["a.org"]) == {"a.org": answer}


def test_many_names_are_asked_for_in_steps(database: Database) -> None:
    many = {f"{number}.org": Answer() for number in range(2 * domains.AT_ONCE + 1)}
    with database.transaction() as db:
        domains.keep(db, many)
        assert domains.known(db, many) == many
        assert domains.known(db, []) == {}


def test_a_file_and_an_owner_have_so_much_time_and_a_part_no_more_than_its_own(database: Database) -> None:
    def left(owner: str, task_id: str) -> float:
        with database.reading() as db:
            return domains.left_s(db, owner, task_id)

    def spend(task_id: str, line: int, spent_s: float) -> None:
        with database.transaction() as db:
            domains.spend(db, "ann", task_id, line, spent_s)

    assert left("ann", ONE) == PART_S
    spend(ONE, 1, 1)
    spend(ONE, 1, FILE_S - 4)  # the same part again
    assert left("ann", ONE) == 3
    assert left("ann", OTHER) == PART_S
    spend(ONE, 2, 5)
    assert left("ann", ONE) == 0
    spend(OTHER, 1, OWNER_S - FILE_S - 2 - 4)
    assert left("ann", OTHER) == 4
    assert left("bob", OTHER[:-1] + "3") == PART_S
    later(database, domains.WINDOW_S + 1)
    assert left("ann", OTHER[:-1] + "3") == PART_S
    assert left("ann", ONE) == 0  # a file never gets more than that
    later(database, domains.KEPT_S)
    with database.transaction() as db:
        domains.forget(db)
        assert db.scalar(select(func.count()).select_from(asking)) == 0
