"""Watches tasks for streams and waiting requests. One watcher per process polls all watched tasks with one statement, only while
something is watched. The database is the only source, so it does not matter which process did the work.
"""

import asyncio
import logging
import re
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from starlette.concurrency import run_in_threadpool

from md5_task_data import tasks
from md5_task_data.database.engine import Database
from md5_task_data.errors import DependencyAway, TooMany
from md5_task_data.schema import OUTCOMES, Row
from md5_task_data.tasks import Version

log = logging.getLogger(__name__)

SHORTEST_S, LONGEST_S = 0.001, 0.05  # between two polls: short for a new watch, longer for an old one
AWAY_S = 0.5  # before the next poll after a failed one
ENOUGH_S = 1.0  # after the outcome a wait ends, even if the log line is not written yet
LONGEST_WAIT_S = 60  # that a client may request
WAIT = re.compile(r"(?:^|[\s,;])wait\s*=\s*\"?(\d{1,9})(?![\d.])", re.IGNORECASE)  # in a `Prefer`
MAX_ASKED = 1000  # ids in one statement
MAX_WATCHES = 5000  # in one process


class Watch:
    """One client's view of some tasks. It keeps only the latest state of each, however slow the client is."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self.since = time.monotonic()
        self.is_blind = False  # the last poll failed
        self.is_over = False  # the process is stopping
        self.seen: dict[str, Version] = {row["id"]: tasks.version(row) for row in rows}
        self._news: dict[str, Row] = {}
        self._something = asyncio.Event()

    async def news(self, seconds: float) -> list[Row]:
        """The tasks that changed since the last call, as soon as there are any; empty after `seconds`, or when the process
        stops."""
        try:
            async with asyncio.timeout(max(0.0, seconds)):
                await self._something.wait()
        except TimeoutError:
            return []
        if not self.is_over:
            self._something.clear()
        news, self._news = list(self._news.values()), {}
        return news

    def notify(self, row: Row) -> None:
        self.seen[row["id"]] = tasks.version(row)
        self._news[row["id"]] = row
        self._something.set()

    def end(self) -> None:
        self.is_over = True
        self._something.set()


class Watcher:
    """One per API process; used only from its event loop."""

    def __init__(self, database: Database, most_of_one: int) -> None:
        self._database = database
        self._most_of_one = most_of_one
        self._watched: Counter[str] = Counter()  # tasks, by their owner
        self._watches: set[Watch] = set()
        self._looking: asyncio.Task[None] | None = None
        self._is_stopping = False

    def check_room(self, rows: Sequence[Row]) -> None:
        """Check that these tasks of one owner may be watched. Raises TooMany."""
        if self._watched[rows[0]["owner"]] + len(rows) > self._most_of_one:
            most = f"{self._most_of_one} tasks at the same time"
            raise TooMany(
                f"Your streams and waits may watch {most}. Close one first, or send requests that do not wait."
            )
        if len(self._watches) >= MAX_WATCHES:
            raise TooMany(
                f"The limit of {MAX_WATCHES} waiting requests is reached. Retry later, or send requests that do not wait."
            )

    @contextmanager
    def watching(self, rows: Sequence[Row]) -> Iterator[Watch]:
        """Watch these tasks of one owner, starting from the given state. Raises TooMany."""
        self.check_room(rows)
        owner = rows[0]["owner"]
        self._watched[owner] += len(rows)
        watch = Watch(rows)
        if self._is_stopping:
            watch.end()
        self._watches.add(watch)
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look())
        try:
            yield watch
        finally:
            self._watches.discard(watch)
            self._watched[owner] -= len(rows)
            if not self._watched[owner]:
                del self._watched[owner]

    async def until_ended(self, row: Row, seconds: float) -> Row:
        """The task when it has finished, `ENOUGH_S` after its outcome was decided, or after `seconds`, whichever is first. Raises
        TooMany, and DependencyAway if the last poll failed."""
        until = time.monotonic() + seconds
        is_decided = False
        with self.watching([row]) as watch:
            while row["status"] not in OUTCOMES:
                if row["outcome"] is not None and not is_decided:
                    is_decided, until = True, min(until, time.monotonic() + ENOUGH_S)
                if watch.is_over or time.monotonic() >= until:
                    break
                news = await watch.news(until - time.monotonic())
                row = news[0] if news else row
            if watch.is_blind:
                raise DependencyAway("the database could not be read")
        return row

    async def wait_as_preferred(self, row: Row, prefer: str | None) -> tuple[Row, dict[str, str]]:
        """Wait as a client's `Prefer: wait=N` asks (RFC 7240). Returns the task after the wait, and the header that says which
        wait was granted. Raises DependencyAway as `until_ended` does."""
        asked = WAIT.search(prefer) if prefer else None
        if asked is None:
            return row, {}
        seconds = min(int(asked[1]), LONGEST_WAIT_S)
        try:
            return await self.until_ended(row, seconds), {"Preference-Applied": f"wait={seconds}"}
        except TooMany:  # answer without waiting
            return row, {}

    def release_all(self) -> None:
        """End all watches, current and future, because the process stops."""
        self._is_stopping = True
        for watch in self._watches:
            watch.end()

    async def _look(self) -> None:
        while self._watches:
            watches = list(self._watches)
            try:
                rows, took = await run_in_threadpool(self._changed, watches)
            except Exception as error:  # the loop must go on for the clients that wait
                log.warning("cannot read the watched tasks: %s", error, exc_info=not isinstance(error, DependencyAway))
                for watch in watches:
                    watch.is_blind = True
                await asyncio.sleep(AWAY_S)
                continue
            for watch in watches:
                watch.is_blind = False
                for task_id in watch.seen.keys() & rows.keys():
                    if watch.seen[task_id] != tasks.version(rows[task_id]):
                        watch.notify(rows[task_id])
            youngest = time.monotonic() - max((watch.since for watch in self._watches), default=0.0)
            await asyncio.sleep(max(took, min(LONGEST_S, max(SHORTEST_S, youngest / 10))))

    def _changed(self, watches: Sequence[Watch]) -> tuple[dict[str, Row], float]:
        """The watched tasks that differ from the state that a watch last saw, and the CPU seconds that this took. Runs in a
        thread; no watch is notified meanwhile."""
        began = time.thread_time()
        seen = _seen(watches)
        changed: dict[str, Row] = {}
        asked = list(seen)
        with self._database.reading() as db:
            for start in range(0, len(asked), MAX_ASKED):
                versions = tasks.versions(db, asked[start : start + MAX_ASKED])
                moved = [task_id for task_id, version in versions.items() if seen[task_id] != {version}]
                if moved:
                    changed |= {row["id"]: row for row in tasks.rows(db, moved)}
        return changed, time.thread_time() - began


def _seen(watches: Sequence[Watch]) -> dict[str, set[Version]]:
    seen: dict[str, set[Version]] = {}
    for watch in watches:
        for task_id, version in watch.seen.items():
            seen.setdefault(task_id, set()).add(version)
    return seen
