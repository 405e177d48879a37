"""`Client`: each method blocks until the service has answered. Threads may share a client."""

import time
from collections.abc import Generator, Iterator, Mapping
from itertools import islice
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


class Client:
    """A client of the service at `url`. `key` is the API key, if the service requires one.

    Requests that are safe to repeat are retried for about 15 s; uploads are among them, since each has an Idempotency-Key.
    Every method may raise Unreachable, or a subclass of Refused with the message of the service. The constructor raises
    ValueError for an invalid URL or key.

    The variables `http_proxy`, `https_proxy`, `all_proxy` and `no_proxy`, in lower or upper case, are respected, except for
    addresses of this machine. Use the client as a context manager, or call `close`.
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
        """Upload a file and return its task, as soon as it has an id.

        `source` is a path, or a file open for reading in binary mode. It is streamed, whatever its size. `filename` is the
        name to store; by default the last part of the path. `kind` is what to do with the file, `params` are parameters of the
        kind, and `batch` is a name that groups files.

        With `wait_s`, the call waits up to that many seconds (at most 20) for the result; if there is none by then, the
        task's `outcome` is None. `on_progress(sent, size)` is called as bytes are sent; `size` is None if it is unknown.

        Two uploads with the same `idempotency_key` within a day are the same task; by default each call has a key of its own.
        Raises Changed if the file's size changes during the upload.
        """
        about = parameters(source, filename, kind, batch, params)
        with opened(source) as file:
            return self._run(self._flows.put(Upload(file, on_progress), about, wait_s, idempotency_key))

    def get(self, task_id: str) -> Task:
        """Return the task as it is now. Raises NotFound."""
        return self._run(self._flows.get(task_id))

    def wait(self, task_id: str, timeout_s: float = float("inf")) -> Task:
        """Wait until the task has an outcome, and return it. Outages of the service of up to two minutes are waited out.

        Raises TimedOut after `timeout_s` seconds, and NotFound.
        """
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
        """Iterate over tasks, newest first. Pages are requested as needed.

        `filename` is the exact name of the file, `name` a part of it. `verdict` is "match", "mismatch" or "none".
        `created_after` (inclusive) and `created_before` (exclusive) are dates, or times as in RFC 3339. By default there is no
        `limit`.
        """
        given = {"kind": kind, "status": status, "filename": filename, "name": name, "md5": md5, "batch": batch}
        given |= {"verdict": verdict, "created_after": created_after, "created_before": created_before}
        query = filters(given, limit)
        return islice(self._pages(query), limit)

    def cancel(self, task_id: str) -> Task:
        """Cancel a task and return it. Raises NotFound, and Conflict if the task already has an outcome."""
        return self._run(self._flows.cancel(task_id))

    def retry(self, task_id: str) -> Task:
        """Process the file of a failed or cancelled task again; returns the new task.

        Raises NotFound, Conflict if the task neither failed nor was cancelled, and Gone if its file is no longer stored.
        """
        return self._run(self._flows.retry(task_id))

    def delete_results(self, task_id: str) -> None:
        """Delete the stored file of a finished task, and the records made from it, now. The task itself stays.

        Raises NotFound, and Conflict if the task has not finished.
        """
        return self._run(self._flows.delete_results(task_id))

    def download(self, task_id: str, target: Target) -> None:
        """Download the file of a task to a path, or into a file open for writing in binary mode.

        An interrupted download continues where it stopped. Raises NotFound, and Gone if the file is no longer stored.
        """
        self._write(streams.download(self._flows, task_id), target)

    def manifest(self, target: Target, *, batch: str | None = None) -> None:
        """Write a list that `md5sum -c` reads, of the files of a batch that are done, or of all."""
        self._write(streams.manifest(self._flows, batch), target)

    def export(self, target: Target, **filters: str) -> None:
        """Write a list of tasks as CSV for a spreadsheet. `filters` are the parameters of `GET /v1/tasks.csv`."""
        self._write(streams.export(self._flows, filters), target)

    def events(self, *task_ids: str) -> Iterator[Task]:
        """Iterate over these tasks: each as it is now, and again at every change, until all have finished. Raises NotFound."""
        return self._stream(streams.Events(self._flows, task_ids))

    def phones(
        self,
        task_id: str,
        *,
        number: str | None = None,
        region: str | None = None,
        context: int = 0,
        timeout_s: float = float("inf"),
    ) -> Iterator[Phone]:
        """Iterate over the phone numbers in the file of a task of kind `phones`: each occurrence, once, in file order. While the
        file is still being searched, wait for more.

        `number` is a number in any spelling, `region` the two-letter code of a country, or "none". With `context`, each number
        has up to that many characters of its line (at most 200) in `before` and `after`.

        Outages of the service of up to two minutes are waited out. Raises NotFound, Conflict for a task of another kind, Gone if
        the results were deleted, InvalidInput, and, after the numbers that were found: Incomplete if the task failed or was
        cancelled, and TimedOut if it has no outcome after `timeout_s` seconds.
        """
        pages = Phones(self._flows, task_id, number, region, context, timeout_s)
        while not pages.is_over:
            yield from self._run(pages.next())

    def close(self) -> None:
        """Close the connections. `with` does this."""
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
