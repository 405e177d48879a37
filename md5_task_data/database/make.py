"""What the three makes of database differ in. One instance for each Database: a make may keep locks and threads of its own."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any, ClassVar

from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.engine import URL

from md5_task_data.database import limits
from md5_task_data.database.outages import Codes


class Make(ABC):
    """Opens no connection, and starts no thread, before the first use: it may be made before a fork."""

    codes: ClassVar[Codes]
    without_limits: ClassVar[Mapping[str, object]] = {}  # what the driver is given for a transaction of any length

    def __init__(self, url: URL) -> None:
        self.url = url

    @abstractmethod
    def engine(self, echo: bool, pool_size: int) -> Engine:
        """An engine that begins transactions as they are meant to be, with at most so many connections."""

    def turn_to_write(self) -> AbstractContextManager[None]:
        """The block has its turn among the writers. Raises DependencyAway when that takes too long."""
        return nullcontext()

    def limit(self, connection: Connection) -> AbstractContextManager[None]:  # noqa: ARG002 (for those that have one)
        """The block, a whole transaction, breaks this connection when it takes longer than `ANSWER_TIMEOUT_S`."""
        return nullcontext()


def engine_of_server(url: URL, echo: bool, pool_size: int, connect_args: Mapping[str, object], **more: Any) -> Engine:
    """An engine whose callers wait for a connection no longer than for a new one."""
    return create_engine(
        url,
        echo=echo,
        pool_size=pool_size,
        pool_timeout=limits.CONNECT_TIMEOUT_S,
        connect_args={"connect_timeout": limits.CONNECT_TIMEOUT_S, **connect_args},
        **more,
    )
