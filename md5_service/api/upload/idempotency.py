"""Holds the `Idempotency-Key` of a request while its body arrives. `md5_task_data.idempotency` stores it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

from sqlalchemy import Connection

from md5_service.api.http.deadline import run_with_deadline
from md5_task_data import idempotency, tasks
from md5_task_data.database.engine import Database
from md5_task_data.errors import DependencyAway, KeyInUse
from md5_task_data.schema import Row

LET_GO_S = 0.5  # for which an answer waits for the key to be released
LET_GO_AGAIN_S = 0.5  # between two attempts while the database is unavailable
T = TypeVar("T")

_releases: set[asyncio.Task[None]] = set()


class Taken(NamedTuple):
    """A task. Not `is_new`: the Idempotency-Key already belonged to it."""

    row: Row
    is_new: bool


@dataclass
class Key:
    """The key of a request in progress. `kept`: the task that the key already belongs to."""

    database: Database
    holder: idempotency.Holder
    kept: idempotency.Kept | None = field(default=None, init=False)
    fingerprint: str = field(default="", init=False)

    def keep(self, db: Connection) -> None:
        """Store the key, in the transaction that creates the task. Raises KeyInUse."""
        idempotency.keep(db, self.holder, self.fingerprint)

    async def earlier(self, new: tasks.NewTask, digest: bytes = b"") -> Row | None:
        """The existing task of this key, if it was created by the same request; None without one. Raises KeyReused."""
        self.fingerprint = idempotency.fingerprint(new, digest)
        kept = self.kept
        if kept is None:
            return None
        idempotency.check_same(kept, self.fingerprint)
        return await run_with_deadline(lambda: self._read(kept.task_id))

    async def hold(self) -> None:
        self.kept = await run_with_deadline(lambda: self._in(lambda db: idempotency.hold(db, self.holder)))

    async def go_on_holding(self) -> None:
        """Extend the hold until cancelled. A short outage of the database does no harm unless another request takes the key."""
        while True:
            await asyncio.sleep(idempotency.HOLD_S / 3)
            with contextlib.suppress(DependencyAway):
                await run_with_deadline(lambda: self._in(lambda db: idempotency.extend(db, self.holder)))

    async def let_go(self) -> None:
        """Release the key. Waits briefly; if the database is unavailable, retries in the background until the hold expires."""
        release = asyncio.create_task(self._release())
        _releases.add(release)  # the event loop keeps only a weak reference
        release.add_done_callback(_releases.discard)
        await asyncio.wait({release}, timeout=LET_GO_S)

    async def _release(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(idempotency.HOLD_S):
                while True:
                    with contextlib.suppress(DependencyAway):
                        await run_with_deadline(lambda: self._in(lambda db: idempotency.release(db, self.holder)))
                        return
                    await asyncio.sleep(LET_GO_AGAIN_S)

    def _in(self, step: Callable[[Connection], T]) -> T:
        with self.database.transaction() as db:
            return step(db)

    def _read(self, task_id: str) -> Row:
        with self.database.reading() as db:
            return tasks.get(db, self.holder.owner, task_id)


@contextlib.asynccontextmanager
async def held(given: str | None, database: Database, owner: str, task_id: str) -> AsyncIterator[Key | None]:
    """Hold the key of a request for the duration of the block; None if the request has no key.

    Raises InvalidInput for an invalid key, KeyInUse while the first request with the key is in progress.
    """
    if given is None:
        yield None
        return
    key = Key(database, idempotency.Holder(owner, idempotency.checked_key(given), task_id))
    holding: asyncio.Task[None] | None = None
    try:
        await key.hold()
        if key.kept is None:
            holding = asyncio.create_task(key.go_on_holding())
        yield key
    except KeyInUse:
        raise
    except BaseException:
        if key.kept is None:
            await key.let_go()
        raise
    finally:
        if holding is not None:
            holding.cancel()
