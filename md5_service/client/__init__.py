"""A Python client for the service: `Client`, and `AsyncClient` with the same methods. Both raise subclasses of `ClientError`.

with Client("http://127.0.0.1:9000") as client:
    task = client.put("reads.bam")
    print(client.wait(task["id"])["result"])
"""

from md5_service.client.asynchronous import AsyncClient
from md5_service.client.errors import (
    Changed,
    ClientError,
    Conflict,
    Gone,
    Incomplete,
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
from md5_service.client.wire import Outcome, Phone, Status, Task

__all__ = [
    "AsyncClient",
    "Changed",
    "Client",
    "ClientError",
    "Conflict",
    "Gone",
    "Incomplete",
    "InvalidInput",
    "NotFound",
    "Outcome",
    "Phone",
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
