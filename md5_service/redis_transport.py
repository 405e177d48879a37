"""kombu's transport for Redis, with what is otherwise here. Imported only where the broker is one: kombu has its name."""

from kombu.transport import redis


class Channel(redis.Channel):
    # What was fetched and not begun is the sweeper's to send again: kombu, where the broker is away, would dump it in /tmp.
    do_restore = False


class Transport(redis.Transport):
    Channel = Channel
