"""The errors of the client. Each message is one line for people."""

from typing import Any

from md5_service.client.wire import Task


class ClientError(Exception):
    """The base class of all errors of the client."""


class Unreachable(ClientError):
    """Nothing answers at the URL, or what answers is not this service."""


class Changed(ClientError):
    """The size of the file changed while it was being uploaded."""

    def __str__(self) -> str:
        return "the file changed during the upload; upload it again"


class TimedOut(ClientError, TimeoutError):
    """The timeout passed before the task had an outcome. `task` is its last known state."""

    def __init__(self, task: Task) -> None:
        super().__init__(f"{task['id']} has not finished; its status is {task['status']}")
        self.task = task


class Incomplete(ClientError):
    """The task failed or was cancelled, so what was found in its file may have gaps. `task` is the task; its `error` says why it
    failed."""

    def __init__(self, task: Task) -> None:
        why = f": {task['error']['detail']}" if task["error"] else ""
        super().__init__(f"{task['id']} {task['outcome']}{why}")
        self.task = task


class Refused(ClientError):
    """The service refused the request, with a problem document (RFC 9457).

    `status` is the HTTP status, `code` a stable identifier, and `detail` says what was wrong and what to do.
    """

    def __init__(self, status: int, code: str, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail


class Unauthorized(Refused):
    """The request had no valid API key (401)."""


class NotFound(Refused):
    """There is no such task, or it belongs to another owner (404)."""


class Conflict(Refused):
    """The state of the task does not allow this (409)."""


class Gone(Refused):
    """The file or the results are no longer stored (410)."""


class TooLarge(Refused):
    """The file is larger than the service accepts (413)."""


class InvalidInput(Refused):
    """A parameter is invalid; the message names it and what is allowed (422)."""


class TooMany(Refused):
    """There were too many requests, even after several retries (429)."""


class Unavailable(Refused):
    """The service, or something it depends on, is unavailable, even after several retries (502, 503, 504)."""


class StorageFull(Refused):
    """The service has no space left for the file (507)."""


_BY_STATUS: dict[int, type[Refused]] = {
    401: Unauthorized,
    404: NotFound,
    409: Conflict,
    410: Gone,
    413: TooLarge,
    422: InvalidInput,
    429: TooMany,
    502: Unavailable,
    503: Unavailable,
    504: Unavailable,
    507: StorageFull,
}


def refused(status: int, problem: dict[str, Any]) -> Refused:
    """The exception for a problem document."""
    kind = _BY_STATUS.get(status, Refused)
    return kind(status, str(problem.get("code", "")), str(problem.get("detail", f"the status was {status}")))
