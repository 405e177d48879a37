"""Errors that a client can cause or must handle, without HTTP; `md5_service.api.http.errors` maps them to HTTP statuses.

Each docstring says when the error occurs and what a client should do; the published list of error codes is generated from them.
"""

from typing import ClassVar


class TaskDataError(Exception):
    """Base class of all errors that the client can act on. `code` is stable; `detail` says what was wrong and what to do."""

    code: ClassVar[str] = "error"

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class Unauthorized(TaskDataError):
    """No valid credentials: the API key is missing, wrong or revoked. Send `Authorization: Bearer KEY` with a valid key."""

    code = "unauthorized"


class Forbidden(TaskDataError):
    """The caller is not allowed to do this: the request came from another site's page, or by a host name that this service does
    not accept. If the name or site is yours, the administrator can add it to `MD5_ALLOWED_HOSTS`."""

    code = "forbidden"


class NotFound(TaskDataError):
    """The object does not exist or belongs to another owner; the two are deliberately indistinguishable. Check the id, and
    that the API key is one of the owner that created the object."""

    code = "not_found"


class Conflict(TaskDataError):
    """The object's current state does not allow this operation, such as cancelling a finished task. Get the object to see its
    state."""

    code = "conflict"


class KeyInUse(Conflict):
    """The first request with this `Idempotency-Key` is still being received. Wait for the time given in `Retry-After`, then
    retry with the same key."""

    code = "idempotency_key_in_use"


class InvalidInput(TaskDataError):
    """A parameter, header or file cannot be used. The detail names it and says what is allowed; correct it and send the request
    again."""

    code = "invalid_input"


class KeyReused(InvalidInput):
    """This `Idempotency-Key` was already used for a different file or different parameters. Use a new key for each request."""

    code = "idempotency_key_reused"


class Malformed(TaskDataError):
    """The request could not be parsed, such as a form that ends too early or a header that is missing. Fix the client that builds
    the request; sending the same request again does not help."""

    code = "malformed"


class TooLarge(TaskDataError):
    """The file or form is larger than this service accepts; nothing was stored. Send a smaller file, or ask the administrator to
    raise `MD5_MAX_UPLOAD_BYTES`."""

    code = "too_large"


class HeadTooLarge(TaskDataError):
    """The URL and headers of the request are longer than this service accepts. Shorten them; large cookies are a common cause."""

    code = "head_too_large"


class TooMany(TaskDataError):
    """This owner has reached a limit on requests per second, concurrent uploads or waiting requests. Wait for the time given in
    `Retry-After`, then retry with fewer requests at once."""

    code = "too_many"


class Busy(TaskDataError):
    """All upload slots or connections of the service are taken, possibly by other clients. Wait for the time given in
    `Retry-After`, then retry."""

    code = "busy"


class BytesMissing(TaskDataError):
    """The file's bytes are no longer stored: they expired, their owner deleted them, or they were lost. Upload the file again."""

    code = "bytes_missing"


class ResultsDeleted(TaskDataError):
    """The owner deleted the results of this task. Upload the file again to compute them again."""

    code = "results_deleted"


class OutOfMemory(TaskDataError):
    """Processing the file needs more memory than a worker may use. Upload a smaller file, or ask the administrator to raise
    `MD5_WORKER_MEMORY_BYTES`."""

    code = "out_of_memory"


class DependencyAway(Exception):
    """The database, broker, bucket or log folder is unavailable. Nothing is wrong with the request or the task; retry soon.
    `/readyz` names the dependency."""


class LeaseLost(Exception):
    """The task was cancelled, or another worker claimed it after the lease expired. The worker must not change anything more."""


class StorageFull(DependencyAway):
    """No space is left for bytes or rows; nothing of the request was stored. Retry after the administrator has freed space."""


class CannotLoad(Exception):
    """The code of a kind is broken. A process that needs it must not start: it would accept files and never finish them."""

    def __init__(self, kind: str, why: str) -> None:
        super().__init__(f"the kind {kind!r} cannot be loaded: {why}")
