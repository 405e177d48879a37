"""How the three database systems differ. Each Database has its own instance, because a make may have locks and threads."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any, ClassVar

from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.engine import URL

from md5_task_data.database import limits
from md5_task_data.database.outages import Codes


class Make(ABC):
    """One database system. Opens no connection and starts no thread before its first use, so it may be created before a fork."""

    codes: ClassVar[Codes]
    without_limits: ClassVar[Mapping[str, object]] = {}  # the driver's arguments for a transaction of any length

    def __init__(self, url: URL) -> None:
        self.url = url

    @abstractmethod
    def engine(self, echo: bool, pool_size: int) -> Engine:
        """An engine that begins transactions correctly, and keeps at most `pool_size` connections open."""

    def turn_to_write(self) -> AbstractContextManager[None]:
        """Holds the turn to write for the block. Raises DependencyAway if waiting for it takes too long."""
        return nullcontext()

    def limit(self, connection: Connection) -> AbstractContextManager[None]:  # noqa: ARG002 (used by overrides)
        """Breaks this connection if the block, a whole transaction, takes longer than `ANSWER_TIMEOUT_S`."""
        return nullcontext()


def engine_of_server(url: URL, echo: bool, pool_size: int, connect_args: Mapping[str, object], **more: Any) -> Engine:
    """An engine whose callers wait no longer for a pooled connection than for a new one."""
    return create_engine(
        url,
        echo=echo,
        pool_size=pool_size,
        pool_timeout=limits.CONNECT_TIMEOUT_S,
        connect_args={"connect_timeout": limits.CONNECT_TIMEOUT_S, **connect_args},
        **more,
    )
