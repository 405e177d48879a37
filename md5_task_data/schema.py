"""The database on one page. Migrations make it; a test holds the two together.

Times are whole microseconds since 1970-01-01 UTC, written by the database's own clock (`sql.now`), so that hosts with
skewed clocks agree and one kind of arithmetic serves PostgreSQL, MariaDB and SQLite. Read one with
`to_timestamp(created_at / 1e6)` (PostgreSQL) or `datetime(created_at / 1e6, 'unixepoch')` (SQLite).
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, get_args

from sqlalchemy import (
    CHAR,
    JSON,
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.mysql import LONGTEXT, MEDIUMBLOB

Row = Mapping[Any, Any]  # of a table, by the names of its columns

SECOND = 1_000_000  # of the unit in which times are kept


def moment(microseconds: int) -> datetime:
    """A kept time as a datetime in UTC, exactly."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)


def rfc3339(microseconds: int) -> str:
    """A kept time in the one spelling that clients see, in the API and in the log: 2026-11-22T06:00:00.123456Z."""
    return moment(microseconds).isoformat(timespec="microseconds").replace("+00:00", "Z")


# Stored as text on MariaDB: its own UUID type sorts differently from the text that cursors compare.
TaskId = Uuid(as_uuid=False).with_variant(CHAR(36, collation="ascii_bin"), "mysql", "mariadb")
# Upper and lower case are not alike in a key, as they would be by MariaDB's own order.
IdempotencyKey = String(255).with_variant(String(255, collation="ascii_bin"), "mysql", "mariadb")
# SQLite looks at no length, and would have to copy the table to have another.
FileName = String(4096).with_variant(String(255), "sqlite")

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Status = Literal[
    "receiving",  # its bytes are still coming in; reserved for uploads that can be resumed: no row has it yet
    "queued",  # it waits for a worker, first or again
    "running",  # a worker has claimed it, and has its lease
    "waiting",  # it was cut into parts, which are tasks of their own, and is closed when all have ended
    "computed",  # outcome and result are decided and can be read; its line is owed to the log
    "done",  # its line is in the log, durably: nothing changes any more; its result is right
    "failed",  # the same, and `error` says why there is none
    "cancelled",  # the same, as its owner wanted
    "expired",  # reserved for uploads that were begun and never ended: no row has it yet
]
Outcome = Literal["done", "failed", "cancelled"]  # how it ends; decided with `computed`
Verdict = Literal["match", "mismatch", "none"]  # `none`: nothing was expected, or there is no result
STATUSES: tuple[str, ...] = get_args(Status)
OUTCOMES: tuple[str, ...] = get_args(Outcome)
VERDICTS: tuple[str, ...] = get_args(Verdict)

_HAS_PARENT = text("parent_id IS NOT NULL")
_UNFINISHED = text("finished_at IS NULL")
_IS_LEFT = text("left_at IS NOT NULL")
tasks = Table(
    "tasks",
    metadata,
    Column("id", TaskId, primary_key=True),
    Column("owner", String(64), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("status", String(16), nullable=False),
    Column("outcome", String(16)),
    Column("filename", FileName, nullable=False),
    Column("filename_bytes", LargeBinary),  # where it is not text; `filename` is then what can be read of it
    Column("size", BigInteger, nullable=False),
    Column("batch", String(255)),
    Column("params", JSON, nullable=False),
    Column("retry_of", TaskId),
    Column("created_at", BigInteger, nullable=False),
    Column("started_at", BigInteger),  # of the last attempt
    Column("computed_at", BigInteger),
    Column("finished_at", BigInteger),
    Column(
        "results_deleted_at", BigInteger
    ),  # by its owner: bytes, and what was derived from them, are gone or about to go
    # When somebody must look at this row again: re-publish, lease end, back-off, flush, end of its bytes. NULL: never.
    Column("due_at", BigInteger),
    Column("hints", SmallInteger, nullable=False),  # messages sent since it was last queued; 0: none before due_at
    Column("fence", Integer, nullable=False),  # goes up with every claim; shuts a stale worker out
    Column("attempt", Integer, nullable=False),
    Column("lost_leases", Integer, nullable=False),
    Column("errors", Integer, nullable=False),  # unexpected ones, while working on it
    Column("progress", BigInteger, nullable=False),  # of `total`
    Column("total", BigInteger),  # NULL: of the size, in bytes
    Column("unit", String(16)),  # of both; NULL: bytes
    Column("history", JSON, nullable=False),  # only what the time columns do not tell: attempts that ended early
    Column("result", JSON(none_as_null=True)),
    Column("error", JSON(none_as_null=True)),
    Column("md5", String(32)),  # the digest in `result`, to search by
    Column("verdict", String(8), nullable=False, server_default="none"),  # the `match` in `result`, likewise
    Column("traceparent", String(55)),  # W3C Trace Context: where its trace goes on; NULL: nobody traces
    # A part is a task of nobody's (`owner` is empty), with a parent and without a line in the log.
    Column("parent_id", TaskId),
    Column("parts_left", Integer),  # that have not ended; NULL: it was not cut; 0: to be closed
    Column("plan", JSON(none_as_null=True)),  # what the cutting found out, for parts and closing
    Column("lane", String(16)),  # by which its messages go, and in which it waits for its turn,
    Column("turn_of", String(64)),  # which is its owner's; of a part, its file's owner's
    Column("left_at", BigInteger),  # when a worker that does not know its kind left it for others; a claim clears it
    Index(None, "due_at"),
    Index(None, "owner", "id", "created_at"),  # the time, so that a range of times need not read the rows outside it
    Index(None, "owner", "verdict", "id"),
    Index(None, "md5"),
    Index(None, "finished_at", "owner", "outcome"),
    Index(None, "parent_id", postgresql_where=_HAS_PARENT, sqlite_where=_HAS_PARENT),
    Index(None, "status", "lane", "turn_of", "id", postgresql_where=_UNFINISHED, sqlite_where=_UNFINISHED),
    Index(None, "left_at", postgresql_where=_IS_LEFT, sqlite_where=_IS_LEFT),
)
IS_PART = tasks.c.parent_id.is_not(None)
UNFINISHED = tasks.c.finished_at.is_(None)  # few rows, found by the index: say so wherever only these are meant

LARGEST_CONTENT = 64 << 10  # bytes, whatever the settings say: those of a message are held in memory together
contents = Table(  # of small files; no foreign key, for it is written by the transaction that writes the task
    "contents",
    metadata,
    Column("task_id", TaskId, primary_key=True),
    Column("bytes", LargeBinary().with_variant(MEDIUMBLOB(), "mysql", "mariadb"), nullable=False),
)

# Compared and ordered by code points, as Python does.
AddressKey = (
    String(512)
    .with_variant(String(512, collation="C"), "postgresql")
    .with_variant(String(512, collation="utf8mb4_bin"), "mysql", "mariadb")
)
DomainName = String(255).with_variant(String(255, collation="utf8mb4_bin"), "mysql", "mariadb")
LongText = Text().with_variant(LONGTEXT(), "mysql", "mariadb")
contacts = Table(
    "contacts",
    metadata,
    Column("task_id", TaskId, primary_key=True),  # whose file it was first seen in,
    Column("line", BigInteger, primary_key=True, autoincrement=False),  # and where: from 1, as an editor counts
    Column("owner", String(64), nullable=False),
    Column("key", AddressKey, nullable=False),  # the address in the one spelling that is compared
    Column("email", LongText, nullable=False),  # as it was written
    Column("name", LongText, nullable=False),
    Column("data", LongText, nullable=False),  # the other columns: a JSON object of texts
    UniqueConstraint("owner", "key"),  # one record per address is this
)
rejects = Table(  # pieces of CSV, in order
    "rejects",
    metadata,
    Column("task_id", TaskId, primary_key=True),
    Column("line", BigInteger, primary_key=True, autoincrement=False),  # of the file, of the first row in these pieces
    Column("piece", Integer, primary_key=True, autoincrement=False),
    Column("csv", LargeBinary().with_variant(MEDIUMBLOB(), "mysql", "mariadb"), nullable=False),
)

asked_domains = Table(  # that the DNS was asked about
    "asked_domains",
    metadata,
    Column("name", DomainName, primary_key=True),
    Column("refusal", Text),  # why it takes no mail
    Column("is_silent", SmallInteger, nullable=False),  # nobody could tell
    Column("until", BigInteger, nullable=False),
    Index(None, "until"),
)
asking = Table(  # microseconds that parts of files waited for the DNS
    "asking",
    metadata,
    Column("task_id", TaskId, primary_key=True),  # of the file,
    Column("line", BigInteger, primary_key=True, autoincrement=False),  # and where in it the part begins
    Column("owner", String(64), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("spent", BigInteger, nullable=False),
    Index(None, "owner", "at"),
    Index(None, "at"),
)

totals = Table(
    "totals",
    metadata,
    Column("owner", String(64), primary_key=True),
    Column("kind", String(32), primary_key=True),
    Column("outcome", String(16), primary_key=True),
    Column("tasks", BigInteger, nullable=False),  # that have ended so
    Column("bytes", BigInteger, nullable=False),  # of their files
    Column("work", BigInteger, nullable=False),  # microseconds that their last attempts took
)

ended_minutes = Table(  # kept for a day
    "ended_minutes",
    metadata,
    Column("owner", String(64), primary_key=True),
    Column("minute", BigInteger, primary_key=True, autoincrement=False),  # since 1970
    Column("outcome", String(16), primary_key=True),
    Column("tasks", BigInteger, nullable=False),  # whose line was in the log in that minute
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", String(16), primary_key=True),  # part of the key, and no secret
    Column("owner", String(64), nullable=False),  # as in `tasks`; may have several keys
    Column("hash", String(64), nullable=False),  # SHA-256 of the key, in hexadecimal
    Column("created_at", BigInteger, nullable=False),
    Column("revoked_at", BigInteger),
)

log_lines = Table(
    "log_lines",
    metadata,
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    Column("task_id", TaskId, ForeignKey(tasks.c.id), nullable=False, unique=True),  # exactly once is this UNIQUE
    Column("offset", BigInteger, nullable=False, unique=True),  # bytes, in the file
    Column("line", Text, nullable=False),  # without its newline
)

log_head = Table(
    "log_head",
    metadata,
    Column("id", SmallInteger, primary_key=True, autoincrement=False),  # always 1
    Column("seq", BigInteger, nullable=False),  # of the last line
    Column("length", BigInteger, nullable=False),  # bytes that the file must have
    Column("hash", String(64), nullable=False),  # SHA-256 of the last line
    Column("flushed", BigInteger, nullable=False),  # bytes known to be in the file, durably
    Column("busy", BigInteger, nullable=False, server_default="0"),  # how often somebody found the file locked
)

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("owner", String(64), primary_key=True),
    Column("key", IdempotencyKey, primary_key=True),  # exactly one task for a key is this primary key
    Column("task_id", TaskId, nullable=False),  # while it is received there is no such row yet
    Column("fingerprint", String(64)),  # of what was sent with the key; NULL: it is still being received
    Column("expires_at", BigInteger, nullable=False),
    Index(None, "expires_at"),
)
