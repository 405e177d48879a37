"""Rows of files that arrive together are committed together (group commit): one sync of the disk makes many promises. A lone
file waits for nobody: whatever came in while the last commit was under way makes up the next one.
"""

import asyncio
import functools
import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from starlette.concurrency import run_in_threadpool

from md5_service import tracing
from md5_service.api.http.deadline import await_with_deadline, start_in_thread
from md5_service.api.upload.idempotency import Key
from md5_service.logs import about_task
from md5_task_data import tasks
from md5_task_data.database.engine import Database
from md5_task_data.errors import DependencyAway, StorageFull
from md5_task_data.failpoints import reach
from md5_task_data.schema import Row

log = logging.getLogger(__name__)

MOST_TOGETHER = 200  # rows of one commit
IDLE_TURNS = 2  # of the event loop, in which nobody came
HANGS_S = 0.1  # a commit that takes longer no longer holds up those behind it

Outcome = Row | BaseException


@dataclass(eq=False)
class _Promise:
    """A row that is to be committed. `turn` to commit it is had by one: the step that does, or the request that has given it
    up."""

    new: tasks.NewTask
    forget_bytes: Callable[[], None]
    key: Key | None
    traceparent: str | None
    answer: asyncio.Future[Row]
    turn: threading.Lock = field(default_factory=threading.Lock)
    is_committing: bool = False

    def settle(self, outcome: Outcome) -> None:
        if self.answer.done():
            return  # given up
        if isinstance(outcome, BaseException):
            self.answer.set_exception(outcome)
        else:
            self.answer.set_result(outcome)


class Promises:
    """One an API process. `check_room` is asked whether there is room for so many bytes in the database, `committed` is told of
    the rows of each commit."""

    def __init__(
        self, database: Database, check_room: Callable[[int], None], committed: Callable[[Sequence[Row]], None]
    ) -> None:
        self._database = database
        self._check_room = check_room
        self._committed = committed
        self._waiting: list[_Promise] = []
        self._committing: asyncio.Task[None] | None = None

    async def make(self, new: tasks.NewTask, forget_bytes: Callable[[], None], key: Key | None) -> Row:
        """The committed row; its key is kept with it. Where it cannot be, `forget_bytes` is called (it may be twice), but not
        where nobody knows whether it is. Raises DependencyAway, StorageFull, KeyInUse."""
        with tracing.span("create task", role="producer", task_id=new.id, task_kind=new.kind, size=new.size):
            answer: asyncio.Future[Row] = asyncio.get_running_loop().create_future()
            promise = _Promise(new, forget_bytes, key, tracing.traceparent(), answer)
            self._waiting.append(promise)
            if self._committing is None:
                self._committing = asyncio.create_task(self._commit_waiting())
            try:
                row = await await_with_deadline(answer)
            except BaseException:  # also where the client has gone: what nobody hears of must not be committed
                if promise.turn.acquire(blocking=False):
                    await run_in_threadpool(forget_bytes)
                raise
        with about_task(row["id"]):
            log.info("taken, %d bytes", row["size"])  # the one line with the ids of both, request and task
        return row

    async def _commit_waiting(self) -> None:
        try:
            while self._waiting:
                await self._those_on_their_way()
                together, self._waiting = self._waiting[:MOST_TOGETHER], self._waiting[MOST_TOGETHER:]
                step = start_in_thread(functools.partial(self._commit, together))
                step.add_done_callback(functools.partial(_tell, together))
                await asyncio.wait({step}, timeout=HANGS_S)
        finally:
            self._committing = None

    async def _those_on_their_way(self) -> None:
        """Let in what this process has received already: some turns of the event loop, for as long as they bring somebody."""
        known, idle = 0, 0
        while idle < IDLE_TURNS and len(self._waiting) < MOST_TOGETHER:
            idle = 0 if len(self._waiting) > known else idle + 1
            known = len(self._waiting)
            await asyncio.sleep(0)

    def _commit(self, together: Sequence[_Promise]) -> list[tuple[_Promise, Outcome]]:
        """What became of each. Where something is wrong with one of them, each is tried alone: no neighbour pays."""
        try:
            outcomes = self._in_one_transaction(together)
        except Exception as error:  # noqa: BLE001  # whatever it is, each of them is told
            if len(together) > 1 and not isinstance(error, DependencyAway):
                return [outcome for promise in together for outcome in self._commit([promise])]
            for promise in together:
                # A COMMIT that found no room was none. Of any other the row may be there, and its bytes must stay.
                if not promise.is_committing or isinstance(error, StorageFull):
                    promise.forget_bytes()
            return [(promise, error) for promise in together]
        reach("intake.committed")
        if rows := [outcome for _, outcome in outcomes if not isinstance(outcome, BaseException)]:
            self._committed(rows)
        return outcomes

    def _in_one_transaction(self, together: Sequence[_Promise]) -> list[tuple[_Promise, Outcome]]:
        reach("intake.stored")
        if held := [promise.new.content for promise in together if promise.new.content is not None]:
            self._check_room(sum(map(len, held)))
        with self._database.transaction() as db:
            rows = tasks.create_all(db, [(promise.new, promise.traceparent) for promise in together])
            for promise in together:
                if promise.key is not None:
                    promise.key.keep(db)
            reach("intake.inserted")
            outcomes: list[tuple[_Promise, Outcome]] = []
            for promise, row in zip(together, rows, strict=True):
                promise.is_committing = promise.turn.acquire(blocking=False)
                outcomes.append((promise, row if promise.is_committing else DependencyAway("the request was given up")))
            if given_up := [promise.new.id for promise in together if not promise.is_committing]:
                tasks.forget(db, given_up)
        return outcomes


def _tell(together: Sequence[_Promise], step: asyncio.Future[list[tuple[_Promise, Outcome]]]) -> None:
    error = step.exception()
    for promise, outcome in step.result() if error is None else [(promise, error) for promise in together]:
        promise.settle(outcome)
