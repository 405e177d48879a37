"""The whole database schema. Migrations create it; a test checks that both agree.

Times are whole microseconds since 1970-01-01 UTC, written by the database's own clock (`sql.now`), so that hosts with
skewed clocks agree and the same arithmetic works on PostgreSQL, MariaDB and SQLite. To read one, use
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

Row = Mapping[Any, Any]  # a table's row, by column name

SECOND = 1_000_000  # in microseconds, the unit of stored times


def moment(microseconds: int) -> datetime:
    """A stored time as a datetime in UTC, exactly."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)


def rfc3339(microseconds: int) -> str:
    """A stored time in the only format that clients see, in the API and the log: 2026-11-22T06:00:00.123456Z."""
    return moment(microseconds).isoformat(timespec="microseconds").replace("+00:00", "Z")


# Text on MariaDB, whose UUID type sorts differently from the text that cursors compare.
TaskId = Uuid(as_uuid=False).with_variant(CHAR(36, collation="ascii_bin"), "mysql", "mariadb")
# Case-sensitive, unlike MariaDB's default collation.
IdempotencyKey = String(255).with_variant(String(255, collation="ascii_bin"), "mysql", "mariadb")
# SQLite ignores lengths, and changing this one would copy the whole table.
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
    "receiving",  # its bytes are still arriving; reserved for resumable uploads: no row has it yet
    "queued",  # it waits for a worker, for the first time or again
    "running",  # a worker has claimed it and holds its lease
    "waiting",  # it was cut into parts, which are tasks themselves; closed when all of them have finished
    "computed",  # outcome and result are decided and can be read; its log line is still to be written
    "done",  # its line is durably in the log and nothing changes any more; it has a result
    "failed",  # the same, but `error` says why it has no result
    "cancelled",  # the same, at its owner's request
    "expired",  # reserved for resumable uploads that were never completed: no row has it yet
]
Outcome = Literal["done", "failed", "cancelled"]  # decided with `computed`
Verdict = Literal["match", "mismatch", "none"]  # `none`: no digest was expected, or there is no result
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
    Column("filename_bytes", LargeBinary),  # if it is not valid text; `filename` is then its readable form
    Column("size", BigInteger, nullable=False),
    Column("batch", String(255)),
    Column("params", JSON, nullable=False),
    Column("retry_of", TaskId),
    Column("created_at", BigInteger, nullable=False),
    Column("started_at", BigInteger),  # of the last attempt
    Column("computed_at", BigInteger),
    Column("finished_at", BigInteger),
    # When its owner deleted its bytes and results; the sweeper may not have removed them yet.
    Column("results_deleted_at", BigInteger),
    # When the row must be looked at again: repeat a hint, expire a lease, end a back-off, write the log line, delete the bytes.
    # NULL: never.
    Column("due_at", BigInteger),
    Column("hints", SmallInteger, nullable=False),  # messages sent since it was last queued; 0: none before due_at
    Column("fence", Integer, nullable=False),  # incremented by every claim; shuts a stale worker out
    Column("attempt", Integer, nullable=False),
    Column("lost_leases", Integer, nullable=False),
    Column("errors", Integer, nullable=False),  # unexpected errors during the work
    Column("progress", BigInteger, nullable=False),  # out of `total`
    Column("total", BigInteger),  # NULL: the size, in bytes
    Column("unit", String(16)),  # of progress and total; NULL: bytes
    Column("history", JSON, nullable=False),  # only what the time columns do not say: attempts that ended early
    Column("result", JSON(none_as_null=True)),
    Column("error", JSON(none_as_null=True)),
    Column("md5", String(32)),  # the digest in `result`, for searching
    Column("verdict", String(8), nullable=False, server_default="none"),  # the `match` in `result`, likewise
    Column("traceparent", String(55)),  # W3C Trace Context that its trace continues; NULL: not traced
    # A part is a task with a parent, no owner (`owner` is empty) and no log line.
    Column("parent_id", TaskId),
    Column("parts_left", Integer),  # unfinished parts; NULL: it was not cut; 0: it must be closed
    Column("plan", JSON(none_as_null=True)),  # what the cutting found out, for the parts and the closing
    Column("lane", String(16)),  # in which its messages travel and it waits for its turn
    Column("turn_of", String(64)),  # its owner; for a part, the owner of its file
    Column("left_at", BigInteger),  # when a worker that does not know its kind left it to others; cleared by a claim
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
UNFINISHED = tasks.c.finished_at.is_(None)  # few rows, found by an index: use it wherever only these are meant

LARGEST_CONTENT = 64 << 10  # bytes, whatever the settings say: all contents of a message are in memory at once
contents = Table(  # of small files; no foreign key, because the same transaction writes the task
    "contents",
    metadata,
    Column("task_id", TaskId, primary_key=True),
    Column("bytes", LargeBinary().with_variant(MEDIUMBLOB(), "mysql", "mariadb"), nullable=False),
)

# Compared and sorted by code point, as in Python.
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
    Column("task_id", TaskId, primary_key=True),  # the file in which it was first seen
    Column("line", BigInteger, primary_key=True, autoincrement=False),  # its line there, from 1
    Column("owner", String(64), nullable=False),
    Column("key", AddressKey, nullable=False),  # the normalised address, which is compared
    Column("email", LongText, nullable=False),  # as written in the file
    Column("name", LongText, nullable=False),
    Column("data", LongText, nullable=False),  # the other columns: a JSON object of strings
    UniqueConstraint("owner", "key"),  # guarantees one record per address
)
rejects = Table(  # CSV in pieces, in order
    "rejects",
    metadata,
    Column("task_id", TaskId, primary_key=True),
    Column("line", BigInteger, primary_key=True, autoincrement=False),  # in the file, of the first row in these pieces
    Column("piece", Integer, primary_key=True, autoincrement=False),
    Column("csv", LargeBinary().with_variant(MEDIUMBLOB(), "mysql", "mariadb"), nullable=False),
)

PhoneNumber = (  # in E.164; compared by code point, as everywhere
    String(24)
    .with_variant(String(24, collation="C"), "postgresql")
    .with_variant(String(24, collation="ascii_bin"), "mysql", "mariadb")
)
phones = Table(  # found in a text
    "phones",
    metadata,
    Column("task_id", TaskId, primary_key=True),
    Column("offset", BigInteger, primary_key=True, autoincrement=False),  # in the file, in bytes
    Column("line", BigInteger, nullable=False),  # from 1
    Column("number", PhoneNumber, nullable=False),
    Column("extension", String(40)),
    Column("region", String(2)),  # NULL: it belongs to no country, as +800
    Column("raw", Text, nullable=False),  # as written
    Index(None, "task_id", "number", "offset"),
    Index(None, "task_id", "region", "offset"),
)
phone_regions = Table(  # how many of them there are
    "phone_regions",
    metadata,
    Column("task_id", TaskId, primary_key=True),
    Column("region", String(2), primary_key=True),  # empty: none
    Column("numbers", BigInteger, nullable=False),
)

asked_domains = Table(  # a cache of DNS answers
    "asked_domains",
    metadata,
    Column("name", DomainName, primary_key=True),
    Column("refusal", Text),  # why it accepts no mail
    Column("is_silent", SmallInteger, nullable=False),  # 1: the DNS gave no answer
    Column("until", BigInteger, nullable=False),
    Index(None, "until"),
)
asking = Table(  # how long parts of files waited for the DNS
    "asking",
    metadata,
    Column("task_id", TaskId, primary_key=True),  # of the file
    Column("line", BigInteger, primary_key=True, autoincrement=False),  # where the part begins in the file
    Column("owner", String(64), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("spent", BigInteger, nullable=False),  # microseconds
    Index(None, "owner", "at"),
    Index(None, "at"),
)

totals = Table(
    "totals",
    metadata,
    Column("owner", String(64), primary_key=True),
    Column("kind", String(32), primary_key=True),
    Column("outcome", String(16), primary_key=True),
    Column("tasks", BigInteger, nullable=False),  # with this outcome
    Column("bytes", BigInteger, nullable=False),  # total size of their files
    Column("work", BigInteger, nullable=False),  # microseconds, of their last attempts
)

ended_minutes = Table(  # kept for a day
    "ended_minutes",
    metadata,
    Column("owner", String(64), primary_key=True),
    Column("minute", BigInteger, primary_key=True, autoincrement=False),  # since 1970
    Column("outcome", String(16), primary_key=True),
    Column("tasks", BigInteger, nullable=False),  # whose log line was written in that minute
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", String(16), primary_key=True),  # part of the key, not secret
    Column("owner", String(64), nullable=False),  # as in `tasks`; may have several keys
    Column("hash", String(64), nullable=False),  # SHA-256 of the key, in hexadecimal
    Column("created_at", BigInteger, nullable=False),
    Column("revoked_at", BigInteger),
)

log_lines = Table(
    "log_lines",
    metadata,
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    Column("task_id", TaskId, ForeignKey(tasks.c.id), nullable=False, unique=True),  # guarantees exactly one line
    Column("offset", BigInteger, nullable=False, unique=True),  # in bytes, in the file
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
    Column("busy", BigInteger, nullable=False, server_default="0"),  # how often the file was found locked
)

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("owner", String(64), primary_key=True),
    Column("key", IdempotencyKey, primary_key=True),  # guarantees exactly one task per key
    Column("task_id", TaskId, nullable=False),  # the task does not exist while its file is being received
    Column("fingerprint", String(64)),  # of the request; NULL: it is still being received
    Column("expires_at", BigInteger, nullable=False),
    Index(None, "expires_at"),
)
