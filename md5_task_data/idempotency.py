"""A request that is sent again makes no second task: what is kept of the `Idempotency-Key` that a client sends with it, in
the manner of https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/.

    hold     before the bytes come: the key is this request's for HOLD_S; a second one with it is told to wait
    extend   every so often while they come, so that only a request whose process has died lets go in the end
    keep     in the transaction that makes the task: from now on, for KEEP_S, the key stands for it
    release  where no task came of it: the key is free at once

The primary key lets one of two requests hold a key; `keep` asks for the same holder again, so that one that lost it in
between (it was stopped for longer than HOLD_S, and another came) makes no task. Only what was taken is kept: a request that
was refused may be mended, and sent with the same key.
"""

import hashlib
import json
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from md5_task_data.database.bulk import delete_oldest
from md5_task_data.errors import InvalidInput, KeyInUse, KeyReused
from md5_task_data.schema import SECOND, idempotency_keys
from md5_task_data.sql import now, searched_now
from md5_task_data.tasks import NewTask

HOLD_S = 30  # without a sign of life; extended three times as often
KEEP_S = 86400
LONGEST_KEY = 255
LONGEST_SLEEP_S = 3600  # of a process that then goes on with its request
BATCH = 500  # rows that one sweep forgets


class Holder(NamedTuple):
    """Who holds a key: the request that is to make the task of this id."""

    owner: str
    key: str
    task_id: str


class Kept(NamedTuple):
    """What a key stands for."""

    task_id: str
    fingerprint: str


def checked_key(value: str) -> str:
    """A key as clients send it, bare or as a quoted string (RFC 8941), or InvalidInput."""
    quoted = len(value) >= 2 and value[0] == value[-1] == '"'
    key = value[1:-1] if quoted else value
    if not (1 <= len(key) <= LONGEST_KEY and all("!" <= character <= "~" for character in key)):
        raise InvalidInput(
            f"header Idempotency-Key: 1 to {LONGEST_KEY} visible ASCII characters without spaces are allowed, as in a UUID"
        )
    return key


def fingerprint(new: NewTask, digest: bytes) -> str:
    """Of all that makes two requests the same: kind, parameters, file name, batch and bytes (their `digest`), or the task
    that is tried again. How they were sent, form or raw body, is none of it."""
    what = [new.retry_of, new.kind, new.filename, new.batch, dict(new.params), new.size, digest.hex()]
    return hashlib.sha256(json.dumps(what, sort_keys=True).encode()).hexdigest()


def hold(db: Connection, holder: Holder) -> Kept | None:
    """Hold the key for what is about to be received; None: it is ours, else what it already stands for. Raises KeyInUse."""
    row = db.execute(select(idempotency_keys, now().label("now")).where(_is_key(holder))).mappings().one_or_none()
    if row is None or row["expires_at"] <= row["now"]:
        _take(db, holder, None if row is None else row["expires_at"])
        return None
    if row["fingerprint"] is None:
        raise _in_use()
    return Kept(row["task_id"], row["fingerprint"])


def _take(db: Connection, holder: Holder, expired_at: int | None) -> None:
    values = {"task_id": holder.task_id, "fingerprint": None, "expires_at": now() + HOLD_S * SECOND}
    if expired_at is not None:
        same = and_(_is_key(holder), idempotency_keys.c.expires_at == expired_at)
        if not db.execute(update(idempotency_keys).where(same).values(values)).rowcount:
            raise _in_use()
        return
    try:
        db.execute(insert(idempotency_keys).values(owner=holder.owner, key=holder.key, **values))
    except IntegrityError:
        raise _in_use() from None


def extend(db: Connection, holder: Holder) -> None:
    """The bytes are still coming."""
    db.execute(update(idempotency_keys).where(_is_held_by(holder)).values(expires_at=now() + HOLD_S * SECOND))


def keep(db: Connection, holder: Holder, fingerprint: str) -> None:
    """From this commit on the key stands for the task. Raises KeyInUse where it is not ours any more."""
    kept = {"fingerprint": fingerprint, "expires_at": now() + KEEP_S * SECOND}
    if not db.execute(update(idempotency_keys).where(_is_held_by(holder)).values(kept)).rowcount:
        raise _in_use()


def release(db: Connection, holder: Holder) -> None:
    """No task came of it. Touches no key that stands for one: whoever does not know whether it does may call this, too."""
    db.execute(delete(idempotency_keys).where(_is_held_by(holder)))


def release_all(db: Connection) -> None:
    """Nothing is being received any more. Only for one who knows that no API is alive: `md5-service up`, before it starts one."""
    db.execute(delete(idempotency_keys).where(idempotency_keys.c.fingerprint.is_(None)))


def check_same(kept: Kept, fingerprint: str) -> None:
    """Raises KeyReused where the key came with something else."""
    if kept.fingerprint != fingerprint:
        raise KeyReused(
            f"header Idempotency-Key: it was used for task {kept.task_id}, with another file or other parameters; "
            "take a new key for each file"
        )


def forget_expired(db: Connection) -> None:
    """Delete the oldest of the keys that stand for nothing any more, about BATCH of them. One that expired only now may
    still be held by a process that was asleep, and that nobody has taken it from: it may yet make its task."""
    expires_at = idempotency_keys.c.expires_at
    delete_oldest(db, expires_at, expires_at <= searched_now() - LONGEST_SLEEP_S * SECOND, BATCH)


def _is_key(holder: Holder) -> ColumnElement[bool]:
    return and_(idempotency_keys.c.owner == holder.owner, idempotency_keys.c.key == holder.key)


def _is_held_by(holder: Holder) -> ColumnElement[bool]:
    return and_(_is_key(holder), idempotency_keys.c.task_id == holder.task_id, idempotency_keys.c.fingerprint.is_(None))


def _in_use() -> KeyInUse:
    return KeyInUse("the first request with this Idempotency-Key is still being received; try again soon")
