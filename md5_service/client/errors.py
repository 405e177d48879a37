"""What a client raises. Each message is one line for a person."""

from typing import Any

from md5_service.client.wire import Task


class ClientError(Exception):
    """Base of all of them."""


class Unreachable(ClientError):
    """Nothing answers at the URL, or what does is not this service."""


class Changed(ClientError):
    """The file had another size when it was read than when it was opened."""

    def __str__(self) -> str:
        return "changed while it was read; hand it over again"


class TimedOut(ClientError, TimeoutError):
    """The wait was over before the task; `task` is how it was then."""

    def __init__(self, task: Task) -> None:
        super().__init__(f"{task['id']} has not ended yet: {task['status']}")
        self.task = task


class Refused(ClientError):
    """The service answered with a problem (RFC 9457): `code` is stable, `detail` says in plain words what to do."""

    def __init__(self, status: int, code: str, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail


class Unauthorized(Refused):
    """No key, or one that is not good."""


class NotFound(Refused):
    """No such task, or not yours."""


class Conflict(Refused):
    """The task is in a state that does not allow this."""


class Gone(Refused):
    """The bytes are not kept any more."""


class TooLarge(Refused):
    """The file has more bytes than are taken."""


class InvalidInput(Refused):
    """A parameter is wrong; the message names it and what is allowed."""


class TooMany(Refused):
    """Too much at once, even after some patience."""


class Unavailable(Refused):
    """Something that the service needs is away, even after some patience."""


class StorageFull(Refused):
    """No room is left for the file."""


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
    """The error that a problem document is."""
    kind = _BY_STATUS.get(status, Refused)
    return kind(status, str(problem.get("code", "")), str(problem.get("detail", f"the answer was {status}")))
