"""`Client`: each call blocks until it is answered. Threads may share one."""

import time
from collections.abc import Generator, Iterator, Mapping
from itertools import islice
from typing import Self, TypeVar

import httpx2

from md5_service.client import streams
from md5_service.client.flows import Flow, Pause, Request
from md5_service.client.setup import DEFAULT_URL, connected, filters, parameters, sent_as
from md5_service.client.streams import Stream, Target
from md5_service.client.upload import OnProgress, Source, Upload, opened
from md5_service.client.wire import Task

T = TypeVar("T")
Item = TypeVar("Item")


class Client:
    """The service at a URL; `key` is the API key, where one is asked for.

    What can be sent again without harm is, several times, for up to about 15 s: uploads have an Idempotency-Key. Every
    call may raise Unreachable, or a Refused with the service's own words. Raises ValueError for what cannot be a URL or a
    key. `http_proxy`, `https_proxy`, `all_proxy` and `no_proxy` count, in small letters or capitals, but not for this machine.
    """

    def __init__(self, url: str = DEFAULT_URL, key: str | None = None) -> None:
        self._flows, self._http = connected(httpx2.Client, url, key)

    def put(
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
        """Hand over a file: a path, or what is open for reading in binary mode. It is streamed, whatever its size.

        `params` are the kind's own; `on_progress(sent, size)` is called as bytes go out (size None: it is not known). The
        answer comes as soon as there is an id, or with `wait_s` once it has ended, after at most so many seconds (20). The
        same `idempotency_key` within a day is the same task; without one each call has its own. Raises Changed.
        """
        about = parameters(source, filename, kind, batch, params)
        with opened(source) as file:
            return self._run(self._flows.put(Upload(file, on_progress), about, wait_s, idempotency_key))

    def get(self, task_id: str) -> Task:
        """The task as it is now. Raises NotFound."""
        return self._run(self._flows.get(task_id))

    def wait(self, task_id: str, timeout_s: float = float("inf")) -> Task:
        """The task once its outcome is decided. Bears with a service that is away for two minutes. Raises TimedOut, NotFound."""
        return self._run(self._flows.wait(task_id, timeout_s))

    def list(
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
    ) -> Iterator[Task]:
        """Tasks, newest first, read in pages as you go; `name` is a part of the file's name; `limit` None: all of them. `verdict`
        is match, mismatch or none. The times are dates, or as RFC 3339 writes them; only the first is included."""
        given = {"kind": kind, "status": status, "filename": filename, "name": name, "md5": md5, "batch": batch}
        given |= {"verdict": verdict, "created_after": created_after, "created_before": created_before}
        query = filters(given, limit)
        return islice(self._pages(query), limit)

    def cancel(self, task_id: str) -> Task:
        """Raises NotFound, or Conflict for one whose outcome is decided."""
        return self._run(self._flows.cancel(task_id))

    def retry(self, task_id: str) -> Task:
        """A new task for the bytes of one that failed or was cancelled. Raises NotFound, Conflict, Gone."""
        return self._run(self._flows.retry(task_id))

    def delete_results(self, task_id: str) -> None:
        """Delete the bytes of a task that has ended, now; the task stays. Raises NotFound, or Conflict before its end."""
        return self._run(self._flows.delete_results(task_id))

    def download(self, task_id: str, target: Target) -> None:
        """Write a file's bytes to a path, or to what is open for writing in binary mode. Raises NotFound, Gone."""
        self._write(streams.download(self._flows, task_id), target)

    def manifest(self, target: Target, *, batch: str | None = None) -> None:
        """Write what is done, for `md5sum -c`: of a batch, or all."""
        self._write(streams.manifest(self._flows, batch), target)

    def export(self, target: Target, **filters: str) -> None:
        """Write a list of tasks as CSV, for a spreadsheet; `filters` are those of `GET /v1/tasks.csv`."""
        self._write(streams.export(self._flows, filters), target)

    def events(self, *task_ids: str) -> Iterator[Task]:
        """These tasks as they are now, and again at every change, until all have ended. Raises NotFound."""
        return self._stream(streams.Events(self._flows, task_ids))

    def close(self) -> None:
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _run(self, flow: Flow[T]) -> T:
        try:
            step = next(flow)
            while True:
                try:
                    answer = self._do(step)
                except httpx2.TransportError as error:
                    step = flow.throw(error)
                else:
                    step = flow.send(answer)
        except StopIteration as end:
            result: T = end.value
            return result

    def _do(self, step: Request | Pause) -> httpx2.Response | None:
        if isinstance(step, Pause):
            time.sleep(step.seconds)
            return None
        body = None if step.upload is None else _blocks(step.upload)
        response = self._http.send(self._http.build_request(content=body, **sent_as(step)), stream=True)
        if not (step.stream and response.is_success):
            response.read()
        return response

    def _pages(self, query: dict[str, str]) -> Iterator[Task]:
        cursor: str | None = ""
        while cursor is not None:
            items, cursor = self._run(self._flows.page(query | ({"cursor": cursor} if cursor else {})))
            yield from items

    def _stream(self, stream: Stream[Item, T]) -> Generator[T]:
        while not stream.is_over:
            response = self._run(stream.open())
            try:
                source = (
                    httpx2.EventSource(response) if streams.is_events(response) else response.iter_bytes(streams.BLOCK)
                )
                for item in source:
                    yield from stream.take(item)  # type: ignore[arg-type]
            except httpx2.TransportError as error:
                self._run(stream.broke(error))
            finally:
                response.close()

    def _write(self, stream: Stream[bytes, bytes], target: Target) -> None:
        with streams.written(target) as file:
            for block in self._stream(stream):
                file.write(block)


def _blocks(upload: Upload) -> Iterator[bytes]:
    while block := upload.read():
        yield block
        upload.sent(block)
