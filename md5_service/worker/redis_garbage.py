"""A worker's Redis transport, which drops garbage. RabbitMQ separates a message's headers from its body, so
`garbage.Consumer` is enough there."""

from typing import Any

from md5_service import redis_transport
from md5_service.worker.garbage import WRONG, drop


class Channel(redis_transport.Channel):
    """Drops what it cannot read; kombu would raise the error in the event loop, which then ends."""

    def _brpop_read(self, **options: Any) -> Any:
        try:
            return super()._brpop_read(**options)  # type: ignore[misc]  # untyped
        except (ValueError, RecursionError) as error:  # not JSON; it has already left the queue
            drop(error)
            return True


class Transport(redis_transport.Transport):
    Channel = Channel

    def _deliver(self, message: Any, queue: str | None) -> None:
        try:
            super()._deliver(message, queue)
        except WRONG as error:  # JSON, but not a message
            drop(error)
