"""What the errors of a database mean to us. Each database system defines its own codes."""

from collections.abc import Callable, Iterator, Set
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from md5_task_data.errors import DependencyAway, StorageFull


@dataclass(frozen=True)
class Codes:
    """The error codes of one database system that have a meaning here."""

    of: Callable[[BaseException], object]  # the code of a driver's error; for other errors, one that is in no set
    full: Set[object]
    unusable: Set[object]  # a damaged file, a standby after a failover, a schema of another version


@contextmanager
def outages(codes: Codes) -> Iterator[None]:
    """Translates database errors that are neither the client's nor the task's fault.

    Raises StorageFull if the disk is full, DependencyAway if the database cannot be reached or used, or does not answer
    in time. Any other error is passed on unchanged.
    """
    try:
        yield
    except (OperationalError, InterfaceError, PoolTimeout) as error:
        if _code(codes, error) in codes.full:
            raise StorageFull("the database's disk is full") from error
        raise DependencyAway(f"the database is unavailable: {_first_line(error)}") from error
    except DBAPIError as error:
        if error.connection_invalidated or _code(codes, error) in codes.unusable:
            raise DependencyAway(f"the database is unavailable: {_first_line(error)}") from error
        raise


def _code(codes: Codes, error: Exception) -> object:
    original = getattr(error, "orig", None)
    return codes.of(original) if isinstance(original, BaseException) else None


def _first_line(error: Exception) -> str:
    return str(getattr(error, "orig", None) or error).strip().partition("\n")[0]
