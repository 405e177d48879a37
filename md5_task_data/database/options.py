"""Execution options: what a caller tells the make of database about a statement, or about all of a connection."""

from sqlalchemy import Connection

# Nobody asks what came of this statement before the end of its transaction. So PostgreSQL gets it with the next one, in one
# message; its errors are raised there, or by the COMMIT.
LATER = {"is_sent_later": True}
ONLY_READS = {"only_reads": True}


def only_reads(connection: Connection) -> bool:
    """Whether nothing is written in this connection's transactions."""
    return bool(connection.get_execution_options().get("only_reads"))
