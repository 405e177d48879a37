"""Mutants of the database."""

from tests.faults.mutants.places import data
from tests.faults.mutation import Mutant

LONG_TRANSACTIONS = "md5_task_data/database/long_transactions.py"

MUTANTS = (
    Mutant(
        "the BEGIN before a COPY",
        "md5_task_data/database/postgresql.py",
        """    def copy_expert(self, sql: str, file: Any, size: int = 8192) -> None:
        self._send_waiting()
""",
        """    def copy_expert(self, sql: str, file: Any, size: int = 8192) -> None:
""",
        data("test_postgresql.py::test_what_comes_first_is_in_the_transaction[4]"),
    ),
    Mutant(
        "the end of what still waits when all is rolled back",
        "md5_task_data/database/postgresql.py",
        """    def rollback(self) -> None:
        self._waiting.clear()
""",
        """    def rollback(self) -> None:
""",
        data("test_postgresql.py::test_what_waits_when_all_is_rolled_back_is_forgotten"),
    ),
    Mutant(
        "the ROLLBACK of a transaction whose last message failed",
        "md5_task_data/database/postgresql.py",
        'if self._is_open():\n            self._execute(b"ROLLBACK")',
        'if False:\n            self._execute(b"ROLLBACK")',
        data("test_postgresql.py::test_what_waits_and_is_wrong_fails_the_commit_and_all_before_it"),
    ),
    Mutant(
        "the limit of an answer",
        "md5_task_data/database/socket_deadline.py",
        "connection.shutdown(socket.SHUT_RDWR)",
        "pass",
        data("test_socket_deadline.py"),
    ),
    Mutant(
        "the queue of SQLite's writers",
        "md5_task_data/database/sqlite.py",
        "fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)",
        "pass",
        data("test_sqlite.py::test_a_writer_that_stands_still_holds_nobody_for_ever"),
    ),
    Mutant(
        "the one moment that all tables of a backup are of",
        LONG_TRANSACTIONS,
        '_without_limits(database, "REPEATABLE READ")',
        '_without_limits(database, "READ COMMITTED")',
        data("test_backup.py::test_what_changes_while_rows_are_written_down_is_not_in_it[mariadb-postgresql]"),
    ),
    Mutant(
        "the one transaction in which rows come back, with their bytes",
        LONG_TRANSACTIONS,
        '_without_limits(database, "READ COMMITTED")',
        '_without_limits(database, "AUTOCOMMIT")',
        data("test_restore.py::test_a_restore_that_breaks_off_can_simply_be_begun_again[postgresql]"),
    ),
)
