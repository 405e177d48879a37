"""Group commit: rows of files that arrive together are committed together, so that one sync of the disk covers many promises. A
single file does not wait: each commit takes what arrived during the previous one.
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
IDLE_TURNS = 2  # of the event loop without a new arrival
HANGS_S = 0.1  # a commit that takes longer no longer delays the next

Outcome = Row | BaseException


@dataclass(eq=False)
class _Promise:
    """A row to be committed. Only one side gets `turn`: the step that commits the row, or the request that gives it up."""

    new: tasks.NewTask
    forget_bytes: Callable[[], None]
    key: Key | None
    traceparent: str | None
    answer: asyncio.Future[Row]
    turn: threading.Lock = field(default_factory=threading.Lock)
    is_committing: bool = False

    def settle(self, outcome: Outcome) -> None:
        if self.answer.done():
            return  # the request gave up
        if isinstance(outcome, BaseException):
            self.answer.set_exception(outcome)
        else:
            self.answer.set_result(outcome)


class Promises:
    """One per API process. `check_room` is called with the number of bytes about to be stored in the database; `committed` is
    called with the rows of each commit."""

    def __init__(
        self, database: Database, check_room: Callable[[int], None], committed: Callable[[Sequence[Row]], None]
    ) -> None:
        self._database = database
        self._check_room = check_room
        self._committed = committed
        self._waiting: list[_Promise] = []
        self._committing: asyncio.Task[None] | None = None

    async def make(self, new: tasks.NewTask, forget_bytes: Callable[[], None], key: Key | None) -> Row:
        """Commit a row, and its key with it; returns the row. If it was not committed, `forget_bytes` is called, perhaps twice,
        but not if the outcome of the commit is unknown. Raises DependencyAway, StorageFull, KeyInUse."""
        with tracing.span("create task", role="producer", task_id=new.id, task_kind=new.kind, size=new.size):
            answer: asyncio.Future[Row] = asyncio.get_running_loop().create_future()
            promise = _Promise(new, forget_bytes, key, tracing.traceparent(), answer)
            self._waiting.append(promise)
            if self._committing is None:
                self._committing = asyncio.create_task(self._commit_waiting())
            try:
                row = await await_with_deadline(answer)
            except (
                BaseException
            ):  # also if the client disconnected: a promise that nobody received must not be committed
                if promise.turn.acquire(blocking=False):
                    await run_in_threadpool(forget_bytes)
                raise
        with about_task(row["id"]):
            log.info(
                "accepted, %d bytes", row["size"]
            )  # the one message that has both ids, of the request and the task
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
        """Let requests that are already received join: yield to the event loop for as long as it brings new ones."""
        known, idle = 0, 0
        while idle < IDLE_TURNS and len(self._waiting) < MOST_TOGETHER:
            idle = 0 if len(self._waiting) > known else idle + 1
            known = len(self._waiting)
            await asyncio.sleep(0)

    def _commit(self, together: Sequence[_Promise]) -> list[tuple[_Promise, Outcome]]:
        """The outcome of each. If the common transaction fails, each is tried alone, so that one bad row affects no other."""
        try:
            outcomes = self._in_one_transaction(together)
        except Exception as error:  # noqa: BLE001  # each promise must be settled
            if len(together) > 1 and not isinstance(error, DependencyAway):
                return [outcome for promise in together for outcome in self._commit([promise])]
            for promise in together:
                # A COMMIT that found no space did not happen. After any other failure the row may exist: keep its bytes.
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
