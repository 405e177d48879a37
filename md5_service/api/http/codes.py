"""The table of problems (RFC 9457): the status and title of every `code`, and the headers that go with it.

`docs/errors.md` is generated from it. What a code means is said once: a class of errors says it in its docstring, and the codes
that have no class are described here.
"""

from typing import NamedTuple

from md5_task_data import errors

TYPE = "/help/errors/#"  # before the code: the problem's `type`, relative to the service's address (RFC 9457, 3.1.1)

# The most specific class comes first: the first that matches is used.
STATUS: dict[type[Exception], tuple[int, str]] = {
    errors.Malformed: (400, "Malformed request"),
    errors.Unauthorized: (401, "Unauthorized"),
    errors.Forbidden: (403, "Forbidden"),
    errors.NotFound: (404, "Not found"),
    errors.Conflict: (409, "Conflict"),
    errors.BytesMissing: (410, "Gone"),
    errors.ResultsDeleted: (410, "Gone"),
    errors.TooLarge: (413, "Too large"),
    errors.HeadTooLarge: (431, "Request head too large"),
    errors.InvalidInput: (422, "Invalid input"),
    errors.TooMany: (429, "Too many requests"),
    errors.Busy: (503, "Service busy"),
    errors.StorageFull: (507, "Insufficient storage"),
    errors.DependencyAway: (503, "Service unavailable"),
}
HEADERS: dict[type[Exception], dict[str, str]] = {
    errors.Unauthorized: {"WWW-Authenticate": "Bearer"},
    errors.TooMany: {"Retry-After": "5"},
    errors.Busy: {"Retry-After": "5"},
    errors.KeyInUse: {"Retry-After": "1"},
}


class Described(NamedTuple):
    """A code that no class of errors has: its status and title, when it happens and what to do."""

    status: int
    title: str
    description: str


FAILED = "Task failed"
OTHERS: dict[str, Described] = {
    "bad_request": Described(
        400, "Bad request", "The request cannot be served as it is. The detail says why; fix the client that sends it."
    ),
    "method_not_allowed": Described(
        405,
        "Method not allowed",
        "This path does not support the method. The header `Allow` lists the methods that it supports.",
    ),
    "upload_stalled": Described(
        408,
        "Request timeout",
        "No data of an upload arrived for `MD5_UPLOAD_IDLE_S` seconds, or a sign-in was not complete within 10 seconds; "
        "nothing was stored. Check the connection and send the request again.",
    ),
    "head_stalled": Described(
        408,
        "Request timeout",
        "The request line and headers did not arrive within `MD5_HEADER_TIMEOUT_S` seconds. Check the connection and send the "
        "request again.",
    ),
    "length_required": Described(
        411,
        "Length required",
        "An upload over HTTP/1.0 has no `Content-Length`, so the service cannot tell whether it is complete. Send the header, or "
        "use HTTP/1.1.",
    ),
    "unsupported_media_type": Described(
        415,
        "Unsupported media type",
        "The `Content-Encoding`, `Transfer-Encoding`, `Content-Transfer-Encoding` or `Content-Type` is not supported here; "
        "nothing was stored. The detail names the header and what is supported.",
    ),
    "no_such_range": Described(
        416,
        "Range not satisfiable",
        "The header `Range` asks only for bytes beyond the end of the file. `Content-Range` and the detail say how many bytes "
        "the file has.",
    ),
    "internal": Described(
        500,
        "Internal error",
        "The service failed unexpectedly; the request is not at fault. Retry it once. If it fails again, give the "
        "administrator the value of `X-Request-ID`: the server's log has the cause under it.",
    ),
    "unavailable": Described(
        503,
        "Service unavailable",
        "The database or the bucket is unavailable, or no API process answers the proxy. Retry after the time given in "
        "`Retry-After`; `/readyz` names what is unavailable. To be sure that a retried upload makes only one task, send an "
        "`Idempotency-Key`.",
    ),
    "storage_full": Described(
        507,
        "Insufficient storage",
        "The service has no space left for the file or its row; nothing was stored. Retry after the administrator has freed "
        "space.",
    ),
    "worker_lost": Described(
        500,
        FAILED,
        "Each attempt at the task was lost with its worker, which crashed, was killed or made no progress, `MD5_MAX_ATTEMPTS` "
        "times. The task's history has the reasons. Retry the task; if that fails too, this file is probably what ends the "
        "workers.",
    ),
    "unexpected": Described(
        500,
        FAILED,
        "The worker failed unexpectedly at this file, several times in a row. The worker's log has the cause; the file may be "
        "intact. Tell the administrator, and retry the task when the cause is fixed.",
    ),
}

# What Starlette and FastAPI raise, and what the routes raise as they do. Any other status is a `bad_request`.
CODES = {
    404: errors.NotFound.code,
    405: "method_not_allowed",
    408: "upload_stalled",
    411: "length_required",
    415: "unsupported_media_type",
}


def answer_of(kind: type[Exception]) -> tuple[int, str]:
    """The status and title of a class of errors."""
    return next(answer for known, answer in STATUS.items() if issubclass(kind, known))


def status_of_failure(code: str) -> int:
    """The status in the problem of a task that failed with `code`: 422, the file is at fault, for one that the table lacks."""
    if code == errors.BytesMissing.code:
        return answer_of(errors.BytesMissing)[0]
    return OTHERS[code].status if code in OTHERS else answer_of(errors.InvalidInput)[0]
