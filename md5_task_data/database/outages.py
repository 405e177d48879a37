"""Which error of a database means what to us. The codes of each make stand with it."""

from collections.abc import Callable, Iterator, Set
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from md5_task_data.errors import DependencyAway, StorageFull


@dataclass(frozen=True)
class Codes:
    """The error codes of one make that have a meaning here."""

    of: Callable[[BaseException], object]  # the code of an error of the driver; of any other, one that is in no set
    full: Set[object]
    unusable: Set[object]  # a damaged file, a standby after a failover, a schema that is not (yet) of this version


@contextmanager
def outages(codes: Codes) -> Iterator[None]:
    """Translates the errors of a database that are nobody's mistake.

    Raises StorageFull where its disk is full; DependencyAway where it cannot be reached or used, or does not answer in time.
    Every other error stays as it is.
    """
    try:
        yield
    except (OperationalError, InterfaceError, PoolTimeout) as error:
        if _code(codes, error) in codes.full:
            raise StorageFull("the disk of the database is full") from error
        raise DependencyAway(f"the database cannot be used: {_first_line(error)}") from error
    except DBAPIError as error:
        if error.connection_invalidated or _code(codes, error) in codes.unusable:
            raise DependencyAway(f"the database cannot be used: {_first_line(error)}") from error
        raise


def _code(codes: Codes, error: Exception) -> object:
    original = getattr(error, "orig", None)
    return codes.of(original) if isinstance(original, BaseException) else None


def _first_line(error: Exception) -> str:
    return str(getattr(error, "orig", None) or error).strip().partition("\n")[0]
