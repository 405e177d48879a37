"""Idempotency keys: a request that is sent again creates no second task. Follows
https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/.

    hold     before the bytes arrive: reserves the key for this request for HOLD_S; a second request with it must wait
    extend   repeatedly while they arrive, so that a hold expires only if the process of its request has died
    keep     in the transaction that creates the task: from now on, for KEEP_S, the key stands for the task
    release  if no task was created: the key is free at once

The primary key lets only one of two requests hold a key. `keep` checks the holder again, so a request that lost the key
in the meantime (its process was stopped for longer than HOLD_S, and another took the key) creates no task. Only keys of
accepted requests are kept: a rejected request may be corrected and sent with the same key.
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

HOLD_S = 30  # seconds until a hold expires; extended three times as often
KEEP_S = 86400
LONGEST_KEY = 255
LONGEST_SLEEP_S = 3600  # the longest suspension after which a process may still resume its request
BATCH = 500  # rows that one sweep deletes


class Holder(NamedTuple):
    """The request that holds a key, and the id of the task it will create."""

    owner: str
    key: str
    task_id: str


class Kept(NamedTuple):
    """What a key stands for."""

    task_id: str
    fingerprint: str


def checked_key(value: str) -> str:
    """A key as clients send it, bare or as a quoted string (RFC 8941). Raises InvalidInput."""
    quoted = len(value) >= 2 and value[0] == value[-1] == '"'
    key = value[1:-1] if quoted else value
    if not (1 <= len(key) <= LONGEST_KEY and all("!" <= character <= "~" for character in key)):
        raise InvalidInput(
            f"The header Idempotency-Key must be 1 to {LONGEST_KEY} visible ASCII characters without spaces, such as a UUID."
        )
    return key


def fingerprint(new: NewTask, digest: bytes) -> str:
    """A hash of everything that makes two requests the same: kind, parameters, file name, batch and bytes (as `digest`), or
    the task being retried. Whether they were sent as a form or a raw body makes no difference."""
    what = [new.retry_of, new.kind, new.filename, new.batch, dict(new.params), new.size, digest.hex()]
    return hashlib.sha256(json.dumps(what, sort_keys=True).encode()).hexdigest()


def hold(db: Connection, holder: Holder) -> Kept | None:
    """Hold the key for the request that is about to be received. Returns None if it is now ours, else what it already
    stands for. Raises KeyInUse."""
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
    """Extend the hold while the bytes are still arriving."""
    db.execute(update(idempotency_keys).where(_is_held_by(holder)).values(expires_at=now() + HOLD_S * SECOND))


def keep(db: Connection, holder: Holder, fingerprint: str) -> None:
    """Let the key stand for the task once this transaction commits. Raises KeyInUse if the hold was lost."""
    kept = {"fingerprint": fingerprint, "expires_at": now() + KEEP_S * SECOND}
    if not db.execute(update(idempotency_keys).where(_is_held_by(holder)).values(kept)).rowcount:
        raise _in_use()


def release(db: Connection, holder: Holder) -> None:
    """Release the key because no task was created. Does not touch a key that stands for a task, so it is safe to call when
    that is unknown."""
    db.execute(delete(idempotency_keys).where(_is_held_by(holder)))


def release_all(db: Connection) -> None:
    """Release every held key. Only safe when no API process is running: `md5-service up` calls it before it starts one."""
    db.execute(delete(idempotency_keys).where(idempotency_keys.c.fingerprint.is_(None)))


def check_same(kept: Kept, fingerprint: str) -> None:
    """Raises KeyReused if the key was used for something else."""
    if kept.fingerprint != fingerprint:
        raise KeyReused(
            f"The Idempotency-Key was already used for task {kept.task_id}, with a different file or different parameters. "
            "Use a new key for each file."
        )


def forget_expired(db: Connection) -> None:
    """Delete the oldest expired keys, about BATCH of them. A key that expired only recently may still be held by a
    suspended process and not taken by anyone else; that process may still create its task."""
    expires_at = idempotency_keys.c.expires_at
    delete_oldest(db, expires_at, expires_at <= searched_now() - LONGEST_SLEEP_S * SECOND, BATCH)


def _is_key(holder: Holder) -> ColumnElement[bool]:
    return and_(idempotency_keys.c.owner == holder.owner, idempotency_keys.c.key == holder.key)


def _is_held_by(holder: Holder) -> ColumnElement[bool]:
    return and_(_is_key(holder), idempotency_keys.c.task_id == holder.task_id, idempotency_keys.c.fingerprint.is_(None))


def _in_use() -> KeyInUse:
    return KeyInUse("The first request with this Idempotency-Key is still being received. Retry soon.")
