"""The queue carries only hints: a message tells its receiver which rows to look at. Used by the API and the sweeper."""

import uuid
from collections.abc import Sequence
from typing import Any

from celery import Celery
from celery.exceptions import CeleryError
from kombu import Connection, Producer, Queue
from kombu.exceptions import KombuError
from kombu.transport import TRANSPORT_ALIASES
from kombu.utils.imports import symbol_by_name

from md5_service.settings import Settings
from md5_task_data.errors import DependencyAway
from md5_task_data.queue.hints import LANES, WORK, Message

# Names on the wire. They never change, so that workers and APIs of different versions understand each other.
UPKEEP = "upkeep"
WORK_MESSAGE = "tasks.work"
SWEEP_MESSAGE = "upkeep.sweep"
FLUSH_MESSAGE = "upkeep.flush_log"

REDIS_TRANSPORT = "md5_service.redis_transport:Transport"
TIMEOUT_S = 2  # for connecting to the broker, and for each of its answers
# Between two heartbeats of a broker; after about two missed ones the connection is opened again.
HEARTBEAT_S = 5
# One immediate retry, for a connection that broke while idle; the sweeper sends what cannot be sent then.
RETRY = {"max_retries": 1, "interval_start": 0, "interval_step": 0, "interval_max": 0}


def make_celery(settings: Settings, redis_transport: str = REDIS_TRANSPORT) -> Celery:
    """A Celery app on this broker that has no tasks yet. Connects to nothing. From now on, kombu in this process uses
    `redis_transport` (`module:Class`) for Redis."""
    TRANSPORT_ALIASES.update(dict.fromkeys(("redis", "rediss"), redis_transport))
    if settings.broker_url.startswith("redis"):
        symbol_by_name(redis_transport)  # imported now rather than with the first message, or in each child of a worker
    app = Celery("md5_service", broker=settings.broker_url, loader="app", fixups=[])  # without the fixup for Django
    app.conf.update(
        task_queues=[Queue(name, routing_key=name) for name in (*LANES, UPKEEP)],
        task_default_queue=WORK,
        task_routes={"upkeep.*": {"queue": UPKEEP}},
        task_ignore_result=True,
        task_acks_late=False,  # lease and sweeper recover lost work, on any broker
        task_serializer="json",
        accept_content=["json"],
        task_publish_retry_policy=RETRY,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_connection_timeout=TIMEOUT_S,
        broker_heartbeat=HEARTBEAT_S,
        broker_transport_options=_transport_options(settings.broker_url),
        worker_prefetch_multiplier=1,
        worker_disable_prefetch=settings.broker_url.startswith("redis"),
        worker_enable_remote_control=False,
        worker_hijack_root_logger=False,
        worker_cancel_long_running_tasks_on_connection_loss=False,  # the lease is in the database, not in the broker
        enable_utc=True,
    )
    return app


def publish(app: Celery, messages: Sequence[Message]) -> None:
    """Send hints, best effort. Raises DependencyAway if the broker is unavailable."""
    try:
        with app.producer_or_acquire() as producer:
            for task_ids, lane in messages:
                _send(producer, app.amqp.queues[lane], task_ids)
    except _failures(app) as error:
        raise DependencyAway(f"the broker is unavailable: {error}") from error


def _send(producer: Producer, lane: Queue, task_ids: Sequence[str]) -> None:
    """Sends what `send_task` would, for half of the work, because it runs with every commit.
    https://docs.celeryq.dev/en/stable/internals/protocol.html#version-2"""
    message_id = str(uuid.uuid4())
    producer.publish(
        [[task_ids], {}, {"callbacks": None, "errbacks": None, "chain": None, "chord": None}],
        routing_key=lane.name,
        declare=[lane],
        serializer="json",
        headers={"lang": "py", "task": WORK_MESSAGE, "id": message_id, "root_id": message_id, "ignore_result": True},
        correlation_id=message_id,
        retry=True,
        retry_policy=RETRY,
    )


def is_idle(app: Celery) -> bool:
    """Whether no hint waits in any lane. Raises DependencyAway."""
    try:
        with app.connection_or_acquire() as connection:
            connection.ensure_connection(timeout=TIMEOUT_S, **RETRY)
            return not any(_waiting(connection, lane) for lane in LANES)
    except _failures(app) as error:
        raise DependencyAway(f"the broker is unavailable: {error}") from error


def _waiting(connection: Connection, lane: str) -> int:
    with connection.channel() as channel:
        try:
            declared: Any = Queue(lane)(channel).queue_declare(passive=True)
            return int(declared.message_count)
        except connection.channel_errors:  # no such queue: nothing was sent yet, or it was flushed
            return 0


def _failures(app: Celery) -> tuple[type[BaseException], ...]:
    connection = app.connection_for_write()
    return (
        OSError,
        KombuError,
        CeleryError,
        *connection.connection_errors,
        *connection.channel_errors,  # RabbitMQ rejects a password or virtual host with one of them
        AttributeError,  # kombu, for a broken pooled connection: 'NoneType' object has no attribute 'client'
    )


def _transport_options(url: str) -> dict[str, object]:
    if not url.startswith("redis"):
        # Without timeouts, waiting for a confirm on a dead connection takes forever, and beat would hang, too.
        return {"confirm_publish": True, "read_timeout": TIMEOUT_S, "write_timeout": TIMEOUT_S, **RETRY}
    keepalive = not url.startswith("redis+socket")
    timeouts = {"socket_timeout": TIMEOUT_S, "socket_connect_timeout": TIMEOUT_S, "health_check_interval": HEARTBEAT_S}
    # No acks are sent: an unanswered one would block a worker's slot forever, and nothing depends on them.
    return {**timeouts, "socket_keepalive": keepalive, "ack_emulation": False, **RETRY}
