"""MariaDB through pymysql, which SQLAlchemy imports with the engine."""

from collections.abc import Mapping
from typing import ClassVar

from sqlalchemy import Engine

from md5_task_data.database import limits
from md5_task_data.database.make import Make, engine_of_server
from md5_task_data.database.outages import Codes

SILENCE_S = 600  # after which a silent server counts as lost, in a transaction without limits


def _code(error: BaseException) -> object:
    """The server's error number; None if there is none."""
    return next((each for each in error.args if isinstance(each, int)), None)


class MariaDB(Make):
    """Uses the server's own limits, and the driver's for when the server cannot enforce them."""

    codes = Codes(
        _code,
        {1021, 1114},  # ER_DISK_FULL, ER_RECORD_FILE_FULL
        {1146, 1054},  # ER_NO_SUCH_TABLE, ER_BAD_FIELD_ERROR
    )
    without_limits: ClassVar[Mapping[str, object]] = {
        "read_timeout": SILENCE_S,
        "write_timeout": SILENCE_S,
        "init_command": "SET SESSION max_statement_time = 0, SESSION idle_transaction_timeout = 0,"
        f" SESSION net_write_timeout = {SILENCE_S}",
    }

    def engine(self, echo: bool, pool_size: int) -> Engine:
        names = ("innodb_lock_wait_timeout", "max_statement_time", "idle_transaction_timeout")
        settings = ", ".join(f"SESSION {name} = {limits.STATEMENT_TIMEOUT_S}" for name in names)
        connect_args = {
            "read_timeout": limits.ANSWER_TIMEOUT_S,
            "write_timeout": limits.ANSWER_TIMEOUT_S,
            "init_command": f"SET {settings}",
        }
        # READ COMMITTED, as on PostgreSQL: a statement after a lock must see what was committed before the lock was acquired.
        return engine_of_server(
            self.url, echo, pool_size, connect_args, pool_pre_ping=True, isolation_level="READ COMMITTED"
        )
