"""The logic that both clients share: each call is a generator that yields requests to send, and pauses.

`Client` and `AsyncClient` carry out these steps, and send the responses (or throw the errors) back into the generator.
"""

import random
import re
import time
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast
from uuid import uuid4

import httpx2

from md5_service.client.errors import Conflict, NotFound, TimedOut, Unavailable, Unreachable, refused
from md5_service.client.upload import Upload
from md5_service.client.wire import Task

LONG_POLL_S = 20
LONGEST_OUTAGE_S = 120  # of the service during a wait for a result: it is probably being restarted
TRIES = 6  # of a request that is safe to repeat, with pauses of 15 s in all
PAUSE_S, LONGEST_PAUSE_S = 0.5, 30.0
AGAIN = (429, 502, 503, 504)
KEY_IN_USE, KEY_HELD_S = "idempotency_key_in_use", 45.0  # a process that was killed holds its key for 30 s
NEVER_SENT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout)


@dataclass(frozen=True)
class Request:
    """A request to send. `stream`: the caller reads the response. `is_safe`: sending it twice does no more than once."""

    method: str
    path: str
    params: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    upload: Upload | None = None
    stream: bool = False
    is_safe: bool = True


@dataclass(frozen=True)
class Pause:
    seconds: float


T = TypeVar("T")
Flow = Generator[Request | Pause, Any, T]


class Flows:
    """The calls of one client. Remembers whether the service has ever answered: only then are outages waited out."""

    def __init__(self, url: str, proxy: str | None = None) -> None:
        """`proxy` is named in error messages."""
        self._where = f"{url} (through the proxy {proxy})" if proxy else url
        self._is_there = False

    def put(self, upload: Upload, params: Mapping[str, str], wait_s: float, key: str | None) -> Flow[Task]:
        headers = {
            "Content-Type": "application/octet-stream",
            "Idempotency-Key": key or str(uuid4()),
            **_prefer(wait_s),
        }
        if upload.size is not None:
            headers["Content-Length"] = str(upload.size)
        return self._task(Request("POST", "/v1/tasks", params, headers, upload))

    def get(self, task_id: str, wait_s: float = 0) -> Flow[Task]:
        return self._task(Request("GET", path_of(task_id), headers=_prefer(wait_s)))

    def cancel(self, task_id: str) -> Flow[Task]:
        return self._task(Request("DELETE", path_of(task_id), is_safe=False))

    def retry(self, task_id: str) -> Flow[Task]:
        return self._task(Request("POST", f"{path_of(task_id)}/retry", is_safe=False))

    def delete_results(self, task_id: str) -> Flow[None]:
        yield from self.answer(Request("DELETE", f"{path_of(task_id)}/results"))

    def page(self, params: Mapping[str, str]) -> Flow[tuple[list[Task], str | None]]:
        body = yield from self._json(Request("GET", "/v1/tasks", params))
        return body["items"], body["next"]

    def wait(self, task_id: str, timeout_s: float) -> Flow[Task]:
        """Wait until the task has an outcome, also while the service is restarted. Raises TimedOut."""
        deadline = time.monotonic() + timeout_s
        last_answer = time.monotonic()
        while True:
            asked = time.monotonic()
            left = max(0.0, deadline - asked)
            try:
                task = yield from self.get(task_id, min(left, LONG_POLL_S))
                last_answer = time.monotonic()
            except (Unreachable, Unavailable):
                if time.monotonic() - last_answer > min(LONGEST_OUTAGE_S, timeout_s):
                    raise
            else:
                if task["outcome"] is not None:
                    return task
                if time.monotonic() >= deadline:
                    raise TimedOut(task)
            # A service with too many waiting requests answers at once.
            took = time.monotonic() - asked
            yield Pause(max(0.0, min(PAUSE_S - took, deadline - time.monotonic())))

    def through_outages(self, request: Request) -> Flow[dict[str, Any]]:
        """The object that a request returns, also while the service is restarted. Raises Unreachable, or a Refused."""
        asked = time.monotonic()
        while True:
            try:
                return (yield from self._json(request))
            except (Unreachable, Unavailable):
                if not self._is_there or time.monotonic() - asked > LONGEST_OUTAGE_S:
                    raise
                yield Pause(PAUSE_S)

    def answer(self, request: Request) -> Flow[httpx2.Response]:
        """A successful response, if necessary after several tries. Raises Unreachable, or a Refused."""
        tries, broke_off_at = 0, float("-inf")
        while True:
            tries += 1
            try:
                response = cast(httpx2.Response, (yield request))
            except httpx2.TransportError as error:
                never_sent = isinstance(error, NEVER_SENT)
                self._is_there |= not never_sent  # a connection that broke had been established
                if not (self._is_there and (never_sent or request.is_safe) and _may_again(request, tries)):
                    raise self.unreachable(error) from None
                broke_off_at = time.monotonic()
                yield Pause(_pause_s(tries))
                continue
            if response.is_success:
                self._is_there = True
                return response
            refusal = self._refusal(response)
            if _is_in_use(refusal) and time.monotonic() < broke_off_at + KEY_HELD_S:
                tries -= 1  # our own first try still holds the key
            elif response.status_code == 429 or (response.status_code in AGAIN and request.is_safe):
                broke_off_at = time.monotonic()
            else:
                raise refusal
            if not _may_again(request, tries):
                raise refusal
            yield Pause(max(_pause_s(tries), _retry_after_s(response)))

    def unreachable(self, error: Exception) -> Unreachable:
        why = str(error) or type(error).__name__
        return Unreachable(f"no answer from {self._where}: {why}; is the service running, and is its URL correct?")

    def _task(self, request: Request) -> Flow[Task]:
        return cast(Task, (yield from self._json(request)))

    def _json(self, request: Request) -> Flow[dict[str, Any]]:
        response = yield from self.answer(request)
        return self._object(response)

    def _refusal(self, response: httpx2.Response) -> Exception:
        is_problem = response.headers.get("content-type", "").startswith("application/problem+json")
        if not is_problem:  # it comes from a proxy, or from something else
            return Unreachable(
                f"what answers at {self._where} is not this service (HTTP {response.status_code}); is its URL correct?"
            )
        self._is_there = True
        return refused(response.status_code, self._object(response))

    def _object(self, response: httpx2.Response) -> dict[str, Any]:
        try:
            return dict(response.json())
        except (ValueError, TypeError):
            raise Unreachable(f"what answers at {self._where} is not this service; is its URL correct?") from None


def _is_in_use(refusal: Exception) -> bool:
    return isinstance(refusal, Conflict) and refusal.code == KEY_IN_USE


def path_of(task_id: str) -> str:
    """The path of a task. Raises NotFound, without a request, if `task_id` does not have the form of an id."""
    if re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", task_id.lower()) is None:
        words = "is not an id; an id has 36 characters, and was printed when the file was uploaded"
        raise NotFound(404, "not_found", f"{task_id!r} {words}")
    return f"/v1/tasks/{task_id}"


def _prefer(wait_s: float) -> dict[str, str]:
    return {"Prefer": f"wait={int(min(wait_s, LONG_POLL_S))}"} if wait_s >= 1 else {}


def _may_again(request: Request, tries: int) -> bool:
    return tries < TRIES and (request.upload is None or request.upload.rewind())


def _pause_s(tries: int) -> float:
    return PAUSE_S * (1 << (tries - 1)) * random.uniform(0.8, 1.2)  # so that clients do not retry all at once


def _retry_after_s(response: httpx2.Response) -> float:
    seconds = response.headers.get("retry-after", "")
    return min(float(seconds), LONGEST_PAUSE_S) if seconds.isdecimal() else 0.0
