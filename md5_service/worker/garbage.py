"""What the broker has that is no message of ours is dropped, with one line in the log. Celery and kombu would end the worker at
much of it, and RabbitMQ hand it to the next one.

So who can write to the broker can delay what waits there, and no more: a message is a hint, and rows decide what comes of it.
"""

import logging
from typing import Any

import celery.worker.consumer
from kombu import Message, compression
from kombu.exceptions import ContentDisallowed, DecodeError

from md5_task_data.bucket.folder import ID
from md5_task_data.queue.hints import MOST_TOGETHER

log = logging.getLogger(__name__)

MOST_BYTES = 64 << 10  # of a body: that of the most ids has two thousand
_SHOWN = 200  # characters of what is wrong with a message
WRONG = ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError
_UNREADABLE = ContentDisallowed, DecodeError


def refuse_compressed() -> None:
    """For this process, before it connects to the broker."""
    # kombu decompresses before it looks at what kind of message it is; ours never are.
    for name in compression.encoders():
        compression.register(_compressed, _compressed, name)


def is_hint(task_ids: object) -> bool:
    """Whether a message names tasks as ours do."""
    return (
        isinstance(task_ids, list)
        and len(task_ids) <= MOST_TOGETHER
        and all(isinstance(each, str) and ID.fullmatch(each) for each in task_ids)
    )


class Consumer(celery.worker.consumer.Consumer):
    """Celery's, for its setting `worker_consumer`."""

    def create_task_handler(self, *arguments: Any, **named: Any) -> Any:
        handle = super().create_task_handler(*arguments, **named)

        def take(message: Message) -> None:
            try:
                if (task := message.headers["task"]) not in self.app.tasks:
                    raise ValueError(f"there is no task {task!r}")
                _check(message)
                handle(message)
            except (*WRONG, *_UNREADABLE) as error:
                drop(error)
                if not message.acknowledged:
                    message.reject()

        return take


def _check(message: Message) -> None:
    """Of what Celery believes. Raises one of those."""
    if (size := len(message.body or "")) > MOST_BYTES:
        raise ValueError(f"its body has {size} bytes")
    arguments, named, rest = message.payload
    if not (isinstance(arguments, list) and isinstance(named, dict)) or any(rest.values()):
        raise ValueError("its body is not as Celery has it, or has more tasks in it")
    message.headers.pop("timelimit", None)  # ours have none; one would have a worker killed


def _compressed(_: object) -> Any:
    raise ValueError("it is compressed")


def drop(error: Exception) -> None:
    """Write a line about it."""
    log.error("a message that is none of ours is dropped: %s", f"{type(error).__name__}: {error}"[:_SHOWN])
