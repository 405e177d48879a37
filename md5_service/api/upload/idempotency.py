"""The `Idempotency-Key` of a request, held while its bytes come in. What is kept of it: `md5_task_data.idempotency`."""

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

LET_GO_S = 0.5  # for which an answer waits until the key is free again
LET_GO_AGAIN_S = 0.5  # between two tries, while the database is away
T = TypeVar("T")

_releases: set[asyncio.Task[None]] = set()


class Taken(NamedTuple):
    """A task; not `is_new`: its Idempotency-Key stood for it already."""

    row: Row
    is_new: bool


@dataclass
class Key:
    """The key of a request that is under way. `kept`: what the key stands for already."""

    database: Database
    holder: idempotency.Holder
    kept: idempotency.Kept | None = field(default=None, init=False)
    fingerprint: str = field(default="", init=False)

    def keep(self, db: Connection) -> None:
        """In the transaction that makes the task. Raises KeyInUse."""
        idempotency.keep(db, self.holder, self.fingerprint)

    async def earlier(self, new: tasks.NewTask, digest: bytes = b"") -> Row | None:
        """The task that this key stands for, where it came with the same; None: there is none yet. Raises KeyReused."""
        self.fingerprint = idempotency.fingerprint(new, digest)
        kept = self.kept
        if kept is None:
            return None
        idempotency.check_same(kept, self.fingerprint)
        return await run_with_deadline(lambda: self._read(kept.task_id))

    async def hold(self) -> None:
        self.kept = await run_with_deadline(lambda: self._in(lambda db: idempotency.hold(db, self.holder)))

    async def go_on_holding(self) -> None:
        """Until cancelled. A database that is away for a while does not matter, as long as nobody else comes."""
        while True:
            await asyncio.sleep(idempotency.HOLD_S / 3)
            with contextlib.suppress(DependencyAway):
                await run_with_deadline(lambda: self._in(lambda db: idempotency.extend(db, self.holder)))

    async def let_go(self) -> None:
        """Not waited for long: while the database is away it is tried again and again, until the key is free all the same."""
        release = asyncio.create_task(self._release())
        _releases.add(release)  # else nobody but the event loop knows of it, which may forget it
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
    """Hold the key that a request came with, for as long as this block lasts; None: it came without one.

    Raises InvalidInput for what is not a key, KeyInUse where the first request with it is still under way.
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
