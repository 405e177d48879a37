"""A client of the service: `Client`, and `AsyncClient` with the same names. What it raises is a `ClientError`."""

from md5_service.client.asynchronous import AsyncClient
from md5_service.client.errors import (
    Changed,
    ClientError,
    Conflict,
    Gone,
    InvalidInput,
    NotFound,
    Refused,
    StorageFull,
    TimedOut,
    TooLarge,
    TooMany,
    Unauthorized,
    Unavailable,
    Unreachable,
)
from md5_service.client.synchronous import Client
from md5_service.client.wire import Outcome, Status, Task

__all__ = [
    "AsyncClient",
    "Changed",
    "Client",
    "ClientError",
    "Conflict",
    "Gone",
    "InvalidInput",
    "NotFound",
    "Outcome",
    "Refused",
    "Status",
    "StorageFull",
    "Task",
    "TimedOut",
    "TooLarge",
    "TooMany",
    "Unauthorized",
    "Unavailable",
    "Unreachable",
]
