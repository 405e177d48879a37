"""The transport for Redis of a worker, which drops garbage. RabbitMQ keeps the headers of a message apart from its body, so there
`garbage.Consumer` is enough."""

from typing import Any

from md5_service import redis_transport
from md5_service.worker.garbage import WRONG, drop


class Channel(redis_transport.Channel):
    """What it cannot read, it would leave to the event loop, which ends."""

    def _brpop_read(self, **options: Any) -> Any:
        try:
            return super()._brpop_read(**options)  # type: ignore[misc]  # there are no types of it
        except (ValueError, RecursionError) as error:  # no JSON; it has left the queue by now
            drop(error)
            return True


class Transport(redis_transport.Transport):
    Channel = Channel

    def _deliver(self, message: Any, queue: str | None) -> None:
        try:
            super()._deliver(message, queue)
        except WRONG as error:  # JSON, but not of a message
            drop(error)
