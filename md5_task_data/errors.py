"""What can be wrong with a request or a file, in words for the one who sent it. No HTTP here: the API has one table for that."""

from typing import ClassVar


class TaskDataError(Exception):
    """Base of every error that is the sender's to mend: `code` is stable, the message says what to do."""

    code: ClassVar[str] = "error"

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class Unauthorized(TaskDataError):
    """Nobody that is known here."""

    code = "unauthorized"


class Forbidden(TaskDataError):
    """Known or not, this one may not do this."""

    code = "forbidden"


class NotFound(TaskDataError):
    """No such thing, or not yours: the two look alike on purpose."""

    code = "not_found"


class Conflict(TaskDataError):
    """The thing is in a state that does not allow this."""

    code = "conflict"


class KeyInUse(Conflict):
    """The first request with this Idempotency-Key is still being received."""

    code = "idempotency_key_in_use"


class InvalidInput(TaskDataError):
    """A parameter or a file that cannot be used; the message names it and what is allowed."""

    code = "invalid_input"


class KeyReused(InvalidInput):
    """This Idempotency-Key came with something else before."""

    code = "idempotency_key_reused"


class Malformed(TaskDataError):
    """A request that could not be read at all."""

    code = "malformed"


class TooLarge(TaskDataError):
    """More bytes than are taken here."""

    code = "too_large"


class HeadTooLarge(TaskDataError):
    """A request whose address and headers are longer than is taken here."""

    code = "head_too_large"


class TooMany(TaskDataError):
    """So many at once are not served; the message says what to do instead."""

    code = "too_many"


class Busy(TaskDataError):
    """All places are taken, by whomever; the message says what to do."""

    code = "busy"


class BytesMissing(TaskDataError):
    """The stored bytes of a task are gone from the bucket."""

    code = "bytes_missing"


class ResultsDeleted(TaskDataError):
    """What a task brought was deleted by its owner."""

    code = "results_deleted"


class OutOfMemory(TaskDataError):
    """The work on a file needs more memory than a worker may have."""

    code = "out_of_memory"


class DependencyAway(Exception):
    """Database, broker, bucket or log folder cannot be reached now: nobody's mistake, and not counted against a task."""


class LeaseLost(Exception):
    """The task is no longer ours: cancelled, or claimed by another worker after our lease ran out. Touch nothing more."""


class StorageFull(DependencyAway):
    """No room left for bytes or rows."""


class CannotLoad(Exception):
    """The code of a kind is broken. Whatever would need it must not start: it would take files, and leave them undone."""

    def __init__(self, kind: str, why: str) -> None:
        super().__init__(f"the kind {kind!r} cannot be loaded: {why}")
