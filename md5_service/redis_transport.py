"""kombu's transport for Redis, with one change. kombu imports it by name, and only if the broker is Redis."""

from kombu.transport import redis


class Channel(redis.Channel):
    # The sweeper resends messages that were fetched and not begun. kombu would dump them in /tmp if the broker is unavailable.
    do_restore = False


class Transport(redis.Transport):
    Channel = Channel
