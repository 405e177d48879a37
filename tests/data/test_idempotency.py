"""Idempotency keys on every database: one holder, one task, and finally free again."""

import contextlib
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import uuid_utils
from sqlalchemy import func, select, update

from md5_task_data import idempotency, tasks
from md5_task_data.database.engine import Database
from md5_task_data.errors import InvalidInput, KeyInUse, KeyReused
from md5_task_data.idempotency import Holder, Kept
from md5_task_data.schema import SECOND, idempotency_keys


def holder(key: str = "k", owner: str = "local") -> Holder:
    return Holder(owner, key, str(uuid_utils.uuid7()))


def hold(database: Database, by: Holder) -> Kept | None:
    with database.transaction() as db:
        return idempotency.hold(db, by)


def do(database: Database, step: Callable[..., object], *given: object) -> None:
    with database.transaction() as db:
        step(db, *given)


def pass_time(database: Database, seconds: int) -> None:
    with database.transaction() as db:
        earlier = idempotency_keys.c.expires_at - seconds * SECOND
        db.execute(update(idempotency_keys).values(expires_at=earlier))


def test_a_key_is_held_by_one_and_then_stands_for_its_task(database: Database) -> None:
    first, second = holder(), holder()
    assert hold(database, first) is None
    with pytest.raises(KeyInUse):
        hold(database, second)
    assert hold(database, holder("K")) is None  # another key
    assert hold(database, holder(owner="somebody else")) is None
    do(database, idempotency.release, second)  # not its own
    do(database, idempotency.keep, first, "f" * 64)
    do(database, idempotency.release, first)
    do(database, idempotency.extend, first)  # arrived late, and must not shorten it
    pass_time(database, idempotency.KEEP_S - 60)
    assert hold(database, second) == Kept(first.task_id, "f" * 64)
    pass_time(database, 61)
    assert hold(database, second) is None


def test_what_is_released_is_free_at_once_and_what_was_forgotten_after_a_while(database: Database) -> None:
    first, second = holder(), holder()
    hold(database, first)
    do(database, idempotency.release, first)
    assert hold(database, second) is None
    pass_time(database, idempotency.HOLD_S - 5)
    do(database, idempotency.extend, second)  # its bytes are still arriving
    pass_time(database, idempotency.HOLD_S - 5)
    with pytest.raises(KeyInUse):
        hold(database, first)
    pass_time(database, 6)
    assert hold(database, first) is None  # the process of the second was killed, or so it seems
    with pytest.raises(KeyInUse):
        do(database, idempotency.keep, second, "f" * 64)  # it wakes up, and must not create a task any more
    do(database, idempotency.keep, first, "f" * 64)


def test_of_many_at_the_same_time_one_has_it(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    together = threading.Barrier(8)
    take = idempotency._take

    def take_when_all_have_looked(*given: Any) -> None:
        with contextlib.suppress(threading.BrokenBarrierError):  # on SQLite, one checks at a time
            together.wait(0.5)
        take(*given)

    monkeypatch.setattr(idempotency, "_take", take_when_all_have_looked)

    def try_to_hold(by: Holder) -> bool:
        try:
            return hold(database, by) is None
        except KeyInUse:
            return False

    for seconds in (0, idempotency.HOLD_S + 1):  # a new key, and one that its holder has lost
        pass_time(database, seconds)
        together.reset()
        with ThreadPoolExecutor(8) as threads:
            assert sum(threads.map(try_to_hold, [holder() for _ in range(8)])) == 1


def test_only_what_expired_long_ago_is_forgotten(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(idempotency, "BATCH", 2)
    for number in range(3):
        hold(database, holder(f"old {number}"))
        pass_time(database, 1)
    pass_time(database, idempotency.HOLD_S + idempotency.LONGEST_SLEEP_S)
    sleeper = holder("asleep")
    hold(database, sleeper)
    pass_time(database, idempotency.HOLD_S - 10)  # the old ones expired more than an hour ago, this one did not
    left = []
    for _ in range(3):
        do(database, idempotency.forget_expired)
        with database.reading() as db:
            left.append(db.scalar(select(func.count()).select_from(idempotency_keys)))
    assert left == [2, 1, 1]
    pass_time(database, 600)
    do(database, idempotency.forget_expired)
    do(database, idempotency.keep, sleeper, "f" * 64)  # nobody else came


@pytest.mark.parametrize("key", ["", '""', "a b", "é", "a\tb", "x" * 256, "\x7f"])
def test_a_key_has_a_form(key: str) -> None:
    with pytest.raises(InvalidInput, match="Idempotency-Key must be 1 to 255 visible"):
        idempotency.checked_key(key)


def test_a_key_is_the_same_with_quotes_and_without() -> None:
    assert idempotency.checked_key('"x-1"') == idempotency.checked_key("x-1") == "x-1"
    assert len(idempotency.checked_key("x" * 255)) == 255


def test_everything_that_was_asked_for_belongs_to_a_fingerprint() -> None:
    same = {"id": "1", "owner": "o", "kind": "md5", "filename": "a", "size": 3}
    others = ({"kind": "x"}, {"filename": "b"}, {"size": 4}, {"batch": "b"}, {"params": {"p": 1}}, {"retry_of": "2"})

    def of(digest: bytes = b"d", **given: object) -> str:
        return idempotency.fingerprint(tasks.NewTask(**(same | given)), digest)  # type: ignore[arg-type]

    assert of(id="2") == of()
    assert len({of(), of(b"e"), *(of(**other) for other in others)}) == 2 + len(others)
    with pytest.raises(KeyReused):
        idempotency.check_same(Kept("1", of()), of(b"e"))
