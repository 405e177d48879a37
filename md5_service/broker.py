"""The queue carries hints and nothing else: who gets a message may look at those rows. Used by the API and the sweeper."""

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

# Names on the wire: fixed, so that workers and API of different versions understand one another.
UPKEEP = "upkeep"
WORK_MESSAGE = "tasks.work"
SWEEP_MESSAGE = "upkeep.sweep"
FLUSH_MESSAGE = "upkeep.flush_log"

REDIS_TRANSPORT = "md5_service.redis_transport:Transport"
TIMEOUT_S = 2  # for reaching the broker and for each answer of it
# Between two signs of life of a broker; one that shows none for about two of them is connected to anew.
HEARTBEAT_S = 5
# Once more, at once, for a connection that broke while it was idle; what cannot be sent then is the sweeper's to send.
RETRY = {"max_retries": 1, "interval_start": 0, "interval_step": 0, "interval_max": 0}


def make_celery(settings: Settings, redis_transport: str = REDIS_TRANSPORT) -> Celery:
    """A Celery app on this broker that knows no tasks yet. Connects to nothing. In this process, kombu has that transport
    (`module:Class`) for Redis from now on."""
    TRANSPORT_ALIASES.update(dict.fromkeys(("redis", "rediss"), redis_transport))
    if settings.broker_url.startswith("redis"):
        symbol_by_name(redis_transport)  # imported now: not with the first message, nor in each child of a worker
    app = Celery("md5_service", broker=settings.broker_url, loader="app", fixups=[])  # not what Django wants of it
    app.conf.update(
        task_queues=[Queue(name, routing_key=name) for name in (*LANES, UPKEEP)],
        task_default_queue=WORK,
        task_routes={"upkeep.*": {"queue": UPKEEP}},
        task_ignore_result=True,
        task_acks_late=False,  # lease and sweeper bring lost work back, on every broker alike
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
    """Send hints, best effort: raises DependencyAway when the broker cannot be reached."""
    try:
        with app.producer_or_acquire() as producer:
            for task_ids, lane in messages:
                _send(producer, app.amqp.queues[lane], task_ids)
    except _failures(app) as error:
        raise DependencyAway(f"the broker cannot be reached: {error}") from error


def _send(producer: Producer, lane: Queue, task_ids: Sequence[str]) -> None:
    """What `send_task` would send, for half of the work: it comes with every commit.
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
    """Whether no hint waits in either queue. Raises DependencyAway."""
    try:
        with app.connection_or_acquire() as connection:
            connection.ensure_connection(timeout=TIMEOUT_S, **RETRY)
            return not any(_waiting(connection, lane) for lane in LANES)
    except _failures(app) as error:
        raise DependencyAway(f"the broker cannot be reached: {error}") from error


def _waiting(connection: Connection, lane: str) -> int:
    with connection.channel() as channel:
        try:
            declared: Any = Queue(lane)(channel).queue_declare(passive=True)
            return int(declared.message_count)
        except connection.channel_errors:  # no such queue: nothing was ever sent, or it was flushed
            return 0


def _failures(app: Celery) -> tuple[type[BaseException], ...]:
    connection = app.connection_for_write()
    return (
        OSError,
        KombuError,
        CeleryError,
        *connection.connection_errors,
        *connection.channel_errors,  # RabbitMQ refuses a password or a virtual host with one of them
        AttributeError,  # kombu, of a pooled connection that broke: 'NoneType' object has no attribute 'client'
    )


def _transport_options(url: str) -> dict[str, object]:
    if not url.startswith("redis"):
        # Else whoever waits for a confirm on a connection that is dead unnoticed waits for ever, and beat among them.
        return {"confirm_publish": True, "read_timeout": TIMEOUT_S, "write_timeout": TIMEOUT_S, **RETRY}
    keepalive = not url.startswith("redis+socket")
    timeouts = {"socket_timeout": TIMEOUT_S, "socket_connect_timeout": TIMEOUT_S, "health_check_interval": HEARTBEAT_S}
    # Acks stay here: one that a broker does not answer would cost the worker a place for ever, and nothing depends on them.
    return {**timeouts, "socket_keepalive": keepalive, "ack_emulation": False, **RETRY}
