"""Who waits for which task: one watcher a process asks for all of them in one statement, and only while somebody waits."""

import asyncio
import logging
import time
from collections.abc import Iterable

from starlette.concurrency import run_in_threadpool

from md5_task_data import tasks
from md5_task_data.database import Database
from md5_task_data.errors import DependencyAway
from md5_task_data.schema import OUTCOMES

log = logging.getLogger(__name__)

SHORTEST_S, LONGEST_S = 0.002, 0.05  # between two looks: short for a young wait, longer for an old one
AWAY_S = 0.5  # before another look when the last one failed
ENOUGH_S = 1.0  # a wait ends so long after the outcome, even where the line is not yet in the log
MAX_ASKED = 1000  # ids in one statement


class _Wait:
    def __init__(self) -> None:
        self.over = asyncio.Event()
        self.since = time.monotonic()
        self.decided_at: float | None = None


class Watcher:
    """One an API process, used from its event loop only."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waits: dict[str, set[_Wait]] = {}
        self._looking: asyncio.Task[None] | None = None

    async def until_ended(self, task_id: str, seconds: float) -> None:
        """Return when the task is terminal, `ENOUGH_S` after its outcome is decided, or after `seconds`."""
        wait = _Wait()
        self._waits.setdefault(task_id, set()).add(wait)
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look())
        try:
            async with asyncio.timeout(seconds):
                await wait.over.wait()
        except TimeoutError:
            pass
        finally:
            self._waits[task_id].discard(wait)
            if not self._waits[task_id]:
                del self._waits[task_id]

    def release_all(self) -> None:
        """End every wait: the process stops."""
        for wait in self._all():
            wait.over.set()

    async def _look(self) -> None:
        while self._waits:
            try:
                states = await run_in_threadpool(self._states, list(self._waits))
            except Exception as error:  # whatever it is, those who wait must not be forgotten
                log.warning("cannot look for those who wait: %s", error, exc_info=not isinstance(error, DependencyAway))
                await asyncio.sleep(AWAY_S)
                continue
            looked_at = time.monotonic()
            for task_id, (status, outcome) in states.items():
                for wait in self._waits.get(task_id, ()):
                    self._judge(wait, status, outcome, looked_at)
            youngest = min((looked_at - wait.since for wait in self._all()), default=0.0)
            await asyncio.sleep(min(LONGEST_S, max(SHORTEST_S, youngest / 10)))

    def _judge(self, wait: _Wait, status: str, outcome: str | None, at: float) -> None:
        if outcome is not None and wait.decided_at is None:
            wait.decided_at = at
        if status in OUTCOMES or (wait.decided_at is not None and at - wait.decided_at >= ENOUGH_S):
            wait.over.set()

    def _states(self, task_ids: list[str]) -> dict[str, tuple[str, str | None]]:
        states: dict[str, tuple[str, str | None]] = {}
        with self._database.reading() as db:
            for start in range(0, len(task_ids), MAX_ASKED):
                states |= tasks.states(db, task_ids[start : start + MAX_ASKED])
        return states

    def _all(self) -> Iterable[_Wait]:
        return [wait for waits in self._waits.values() for wait in waits]
