"""Responses that are read as they arrive, and how each continues after an interruption, for both clients."""

import contextlib
import json
import os
import secrets
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, Protocol, TypeVar, cast

import httpx2

from md5_service.client.flows import PAUSE_S, TRIES, Flow, Flows, Pause, Request, path_of
from md5_service.client.wire import ENDED, Task

BLOCK = 1 << 18
Target = str | os.PathLike[str] | BinaryIO
Item = TypeVar("Item", contravariant=True)
Out = TypeVar("Out", covariant=True)


class Stream(Protocol[Item, Out]):
    """One call whose response is a stream of items."""

    is_over: bool

    def open(self) -> Flow[httpx2.Response]: ...
    def take(self, item: Item) -> Iterator[Out]: ...
    def broke(self, error: Exception) -> Flow[None]: ...


class Bytes:
    """The body of a GET. A download continues where it was interrupted; anything else must be requested again."""

    def __init__(self, flows: Flows, path: str, params: dict[str, str], *, can_go_on: bool) -> None:
        self._flows = flows
        self._path = path
        self._params = params
        self._can_go_on = can_go_on
        self._come = 0
        self._breaks = 0
        self.is_over = False

    def open(self) -> Flow[httpx2.Response]:
        headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={self._come}-"} if self._come else {})
        self.is_over = True  # unless it is interrupted
        return self._flows.answer(Request("GET", self._path, self._params, headers, stream=True))

    def take(self, block: bytes) -> Iterator[bytes]:
        self._come += len(block)
        self._breaks = 0
        yield block

    def broke(self, error: Exception) -> Flow[None]:
        self._breaks += 1
        if not self._can_go_on or self._breaks >= TRIES:
            raise self._flows.unreachable(error)
        self.is_over = False
        yield Pause(PAUSE_S)


class Events:
    """Tasks at every change. A stream that ends before the tasks have finished is reopened after the last event received."""

    def __init__(self, flows: Flows, task_ids: Sequence[str]) -> None:
        self._flows = flows
        self._ids = [path_of(task_id).rpartition("/")[2] for task_id in task_ids]
        self._left = {task_id.lower() for task_id in self._ids}
        self._last_id = ""
        self._breaks = 0
        self.is_over = not self._left

    def open(self) -> Flow[httpx2.Response]:
        headers = {"Accept": "text/event-stream"} | ({"Last-Event-ID": self._last_id} if self._last_id else {})
        # The query is written into the path, because `params` is a mapping and `id` is repeated.
        path = "/v1/tasks/events?" + "&".join(f"id={task_id}" for task_id in self._ids)
        if self._last_id:
            yield Pause(PAUSE_S)
        response = yield from self._flows.answer(Request("GET", path, headers=headers, stream=True))
        self.is_over = response.status_code == 204  # there is nothing new, and there will not be
        return response

    def take(self, event: httpx2.ServerSentEvent) -> Iterator[Task]:
        if event.data:
            task = cast(Task, json.loads(event.data))
            self._last_id, self._breaks = event.id, 0
            if task["status"] in ENDED:
                self._left.discard(task["id"])
            self.is_over = not self._left
            yield task

    def broke(self, error: Exception) -> Flow[None]:
        self._breaks += 1
        if self._breaks >= TRIES:
            raise self._flows.unreachable(error)
        yield Pause(PAUSE_S)


def download(flows: Flows, task_id: str) -> Bytes:
    return Bytes(flows, f"{path_of(task_id)}/file", {}, can_go_on=True)


def manifest(flows: Flows, batch: str | None) -> Bytes:
    return Bytes(flows, "/v1/manifest.md5", {} if batch is None else {"batch": batch}, can_go_on=False)


def export(flows: Flows, filters: dict[str, str]) -> Bytes:
    return Bytes(flows, "/v1/tasks.csv", filters, can_go_on=False)


def is_events(response: httpx2.Response) -> bool:
    return response.headers.get("content-type", "").startswith("text/event-stream")


@contextlib.contextmanager
def written(target: Target) -> Iterator[BinaryIO]:
    """Write to an open file as it is. At a path, the file appears only when it is complete."""
    if not isinstance(target, str | os.PathLike):
        yield target
        return
    path = Path(target)
    # The name cannot be guessed; otherwise another user could have put a link or a file there.
    part = path.with_name(f".{path.name[:50]}.{secrets.token_hex(8)}.part")
    try:
        with open(part, "xb") as file:
            yield cast(BinaryIO, file)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
