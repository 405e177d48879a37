"""Execution options: what a caller says about a statement, or about everything on a connection."""

from sqlalchemy import Connection

# Nobody needs the result of this statement before the end of its transaction. So PostgreSQL receives it together with the next
# statement, in one message; its errors are raised by that statement or by the COMMIT.
LATER = {"is_sent_later": True}
ONLY_READS = {"only_reads": True}


def only_reads(connection: Connection) -> bool:
    """Whether this connection's transactions write nothing."""
    return bool(connection.get_execution_options().get("only_reads"))
