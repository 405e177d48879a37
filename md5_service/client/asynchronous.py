"""`AsyncClient`: the methods of `Client` as coroutines."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from typing import Self, TypeVar

import httpx2

from md5_service.client import streams
from md5_service.client.flows import Flow, Pause, Request
from md5_service.client.phones import Phones
from md5_service.client.setup import DEFAULT_URL, connected, filters, parameters, sent_as
from md5_service.client.streams import Stream, Target
from md5_service.client.upload import OnProgress, Source, Upload, opened
from md5_service.client.wire import Phone, Task

T = TypeVar("T")
Item = TypeVar("Item")


class AsyncClient:
    """`Client` for asyncio: its methods, arguments and errors are those of `Client`, which documents them.

    `list`, `events` and `phones` are iterated with `async for`; all others are awaited. Files are read and written in threads.
    """

    def __init__(self, url: str = DEFAULT_URL, key: str | None = None) -> None:
        self._flows, self._http = connected(httpx2.AsyncClient, url, key)

    async def put(
        self,
        source: Source,
        *,
        filename: str | None = None,
        kind: str = "md5",
        batch: str | None = None,
        params: Mapping[str, str] | None = None,
        wait_s: float = 0,
        on_progress: OnProgress | None = None,
        idempotency_key: str | None = None,
    ) -> Task:
        """Upload a file. See `Client.put`."""
        about = parameters(source, filename, kind, batch, params)
        with opened(source) as file:
            return await self._run(self._flows.put(Upload(file, on_progress), about, wait_s, idempotency_key))

    async def get(self, task_id: str) -> Task:
        """The task as it is now. See `Client.get`."""
        return await self._run(self._flows.get(task_id))

    async def wait(self, task_id: str, timeout_s: float = float("inf")) -> Task:
        """Wait until the task has an outcome. See `Client.wait`."""
        return await self._run(self._flows.wait(task_id, timeout_s))

    async def list(
        self,
        *,
        kind: str | None = None,
        status: str | None = None,
        filename: str | None = None,
        name: str | None = None,
        md5: str | None = None,
        batch: str | None = None,
        verdict: str | None = None,
        created_after: str | None = None,
        created_before: str | None = None,
        limit: int | None = None,
    ) -> AsyncIterator[Task]:
        """Iterate over tasks, newest first. See `Client.list`."""
        given = {"kind": kind, "status": status, "filename": filename, "name": name, "md5": md5, "batch": batch}
        given |= {"verdict": verdict, "created_after": created_after, "created_before": created_before}
        query = filters(given, limit)
        left = float("inf") if limit is None else limit
        cursor: str | None = ""
        while cursor is not None and left > 0:
            items, cursor = await self._run(self._flows.page(query | ({"cursor": cursor} if cursor else {})))
            for task in items[: int(min(left, len(items)))]:
                yield task
            left -= len(items)

    async def cancel(self, task_id: str) -> Task:
        """Cancel a task. See `Client.cancel`."""
        return await self._run(self._flows.cancel(task_id))

    async def retry(self, task_id: str) -> Task:
        """Process the file of a failed or cancelled task again. See `Client.retry`."""
        return await self._run(self._flows.retry(task_id))

    async def delete_results(self, task_id: str) -> None:
        """Delete the stored file and the records of a finished task. See `Client.delete_results`."""
        return await self._run(self._flows.delete_results(task_id))

    async def download(self, task_id: str, target: Target) -> None:
        """Download the file of a task. See `Client.download`."""
        await self._write(streams.download(self._flows, task_id), target)

    async def manifest(self, target: Target, *, batch: str | None = None) -> None:
        """Write a list that `md5sum -c` reads. See `Client.manifest`."""
        await self._write(streams.manifest(self._flows, batch), target)

    async def export(self, target: Target, **filters: str) -> None:
        """Write a list of tasks as CSV. See `Client.export`."""
        await self._write(streams.export(self._flows, filters), target)

    def events(self, *task_ids: str) -> AsyncIterator[Task]:
        """Iterate over these tasks as they change. See `Client.events`."""
        return self._stream(streams.Events(self._flows, task_ids))

    async def phones(
        self,
        task_id: str,
        *,
        number: str | None = None,
        region: str | None = None,
        context: int = 0,
        timeout_s: float = float("inf"),
    ) -> AsyncIterator[Phone]:
        """Iterate over the phone numbers in a text, also while it is being searched. See `Client.phones`."""
        pages = Phones(self._flows, task_id, number, region, context, timeout_s)
        while not pages.is_over:
            for phone in await self._run(pages.next()):
                yield phone

    async def close(self) -> None:
        """Close the connections. `async with` does this."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def _run(self, flow: Flow[T]) -> T:
        try:
            step = next(flow)
            while True:
                try:
                    answer = await self._do(step)
                except httpx2.TransportError as error:
                    step = flow.throw(error)
                else:
                    step = flow.send(answer)
        except StopIteration as end:
            result: T = end.value
            return result

    async def _do(self, step: Request | Pause) -> httpx2.Response | None:
        if isinstance(step, Pause):
            await asyncio.sleep(step.seconds)
            return None
        body = None if step.upload is None else _blocks(step.upload)
        response = await self._http.send(self._http.build_request(content=body, **sent_as(step)), stream=True)
        if not (step.stream and response.is_success):
            await response.aread()
        return response

    async def _stream(self, stream: Stream[Item, T]) -> AsyncGenerator[T]:
        while not stream.is_over:
            response = await self._run(stream.open())
            try:
                is_events = streams.is_events(response)
                source = httpx2.EventSource(response) if is_events else response.aiter_bytes(streams.BLOCK)
                async for item in source:
                    for one in stream.take(item):  # type: ignore[arg-type]
                        yield one
            except httpx2.TransportError as error:
                await self._run(stream.broke(error))
            finally:
                await response.aclose()

    async def _write(self, stream: Stream[bytes, bytes], target: Target) -> None:
        with streams.written(target) as file:
            async with contextlib.aclosing(self._stream(stream)) as blocks:
                async for block in blocks:
                    await asyncio.to_thread(file.write, block)


async def _blocks(upload: Upload) -> AsyncIterator[bytes]:
    while block := await asyncio.to_thread(upload.read):
        yield block
        upload.sent(block)
