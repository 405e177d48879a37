"""Drops whatever the broker delivers that is not a message of ours, with one line in the process's log. Much of it would
make Celery and kombu end the worker, and RabbitMQ deliver it to the next one.

So somebody who can write to the broker can delay waiting messages, but no more: a message is a hint, and the rows
decide.
"""

import logging
from typing import Any

import celery.worker.consumer
from kombu import Message, compression
from kombu.exceptions import ContentDisallowed, DecodeError

from md5_task_data.bucket.folder import ID
from md5_task_data.queue.hints import MOST_TOGETHER

log = logging.getLogger(__name__)

MOST_BYTES = 64 << 10  # of a body; the largest of ours has two thousand
_SHOWN = 200  # characters of the logged error
WRONG = ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError
_UNREADABLE = ContentDisallowed, DecodeError


def refuse_compressed() -> None:
    """Refuse compressed messages in this process. Call it before connecting to the broker."""
    # kombu decompresses a message before it looks at its type; ours are never compressed.
    for name in compression.encoders():
        compression.register(_compressed, _compressed, name)


def is_hint(task_ids: object) -> bool:
    """Whether the arguments of a message name tasks as ours do."""
    return (
        isinstance(task_ids, list)
        and len(task_ids) <= MOST_TOGETHER
        and all(isinstance(each, str) and ID.fullmatch(each) for each in task_ids)
    )


class Consumer(celery.worker.consumer.Consumer):
    """Celery's consumer, named by the setting `worker_consumer`."""

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
    """Check what Celery trusts. Raises one of `WRONG` or `_UNREADABLE`."""
    if (size := len(message.body or "")) > MOST_BYTES:
        raise ValueError(f"its body has {size} bytes")
    arguments, named, rest = message.payload
    if not (isinstance(arguments, list) and isinstance(named, dict)) or any(rest.values()):
        raise ValueError("its body does not have Celery's form, or names further tasks")
    message.headers.pop("timelimit", None)  # ours have none; a time limit would make Celery kill a worker


def _compressed(_: object) -> Any:
    raise ValueError("it is compressed")


def drop(error: Exception) -> None:
    """Log that a message is dropped."""
    log.error("dropped a foreign message: %s", f"{type(error).__name__}: {error}"[:_SHOWN])
