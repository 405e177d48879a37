"""Contacts: one record for each address of an owner, from the file that brought it first, and the first row in that file.

Many workers load rows of one file, and of several files, at the same time. One statement decides, using the uniqueness
of the key: a new address is inserted; one from another file stays; one from a later line of this file is replaced. So
the order does not matter, and loading the same rows again changes nothing. Keys are locked in sorted order, so loads
wait for each other but never deadlock.
"""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema
from pydantic.json_schema import SkipJsonSchema
from sqlalchemy import (
    Column,
    Connection,
    LargeBinary,
    MetaData,
    Select,
    Table,
    and_,
    bindparam,
    cast,
    delete,
    func,
    select,
)
from sqlalchemy.dialects import mysql, postgresql, sqlite
from sqlalchemy.schema import CreateTable

from md5_task_data.database.bulk import copy_text
from md5_task_data.errors import NotFound
from md5_task_data.ids import is_id
from md5_task_data.kinds import domains, rejects
from md5_task_data.kinds.addresses import NotAnAddress, key_of
from md5_task_data.kinds.encodings import DETECTED, DetectedEncoding
from md5_task_data.kinds.kind import Kind, MustBe, Parameters, Result
from md5_task_data.names import checked_text
from md5_task_data.paging import read_text_cursor, write_text_cursor
from md5_task_data.schema import Row, contacts

DELIMITERS = {",": ",", ";": ";", "tab": "\t", "|": "|"}  # how the parameter spells them


def _delimiter(value: object) -> object:
    return (DELIMITERS | {"\\t": "\t"}).get(value, value) if isinstance(value, str) else value


class ContactsParameters(Parameters):
    """Parameters of kind `contacts`. Whatever is not given is detected."""

    delimiter: (
        Annotated[
            Literal[",", ";", "\t", "|"],
            BeforeValidator(_delimiter),
            WithJsonSchema({"type": "string", "enum": list(DELIMITERS)}),
        ]
        | None
    ) = Field(None, description=DETECTED)
    encoding: DetectedEncoding | None = Field(None, description=DETECTED)
    header: bool | None = Field(None, description=f"whether the first row names the columns; {DETECTED}")
    email_column: Annotated[
        Annotated[str, Field(min_length=1, max_length=255, pattern=r"^[^\x00]*$")] | None,
        MustBe("the email address column: its name in the header, or its number, from 1"),
    ] = Field(
        None,
        description=f"the column of the email addresses: its name in the header, or its number, from 1; {DETECTED}",
    )
    check_mx: Annotated[bool, WithJsonSchema({"type": "boolean", "default": False})] | None = Field(
        None,
        description="whether to ask the DNS if the domains of the addresses accept mail; a row whose domain does not exist or "
        "accepts no mail is invalid. A row whose domain could not be checked in time is accepted and counted as `unchecked`",
    )


class ContactsResult(Result):
    """The result of kind `contacts`: the counts of rows, and what was detected, in the form in which parameters take it."""

    rows: int
    inserted: int
    duplicate: int
    invalid: int
    unchecked: int | SkipJsonSchema[None] = Field(
        None,
        description="With `check_mx`: rows that were accepted although their domain could not be checked in time",
    )
    encoding: str
    delimiter: str
    header: bool
    email_column: str | int | None = Field(description="Its name in the header, or its number, from 1")
    name_column: str | int | None = Field(description="As `email_column`")


New = tuple[str, str, str, str, int]  # key, email, name, data (a JSON object of strings), line

DELETED_TOGETHER = 20_000  # rows
LONGEST_LINE_NUMBER = 19  # digits
LARGEST_PAGE = 4 << 20  # bytes

_COLUMNS = ("key", "email", "name", "data", "line")
_TAKEN = ("owner", "task_id", *_COLUMNS)
_REPLACED = ("email", "name", "data", "line")  # `line` last: MariaDB assigns in this order, and the condition reads it
_LOADING = Table(  # a temporary table of each connection
    "loading",
    MetaData(),
    *(Column(name, contacts.c[name].type, nullable=False) for name in _COLUMNS),
    prefixes=["TEMPORARY"],
    postgresql_on_commit="DELETE ROWS",
)
_CREATE_LOADING = CreateTable(_LOADING, if_not_exists=True)


def _is_earlier(new: Any) -> Any:
    return and_(contacts.c.task_id == new.task_id, contacts.c.line > new.line)


def _on_conflict(insert: Any) -> Any:
    """For PostgreSQL and SQLite."""
    new = insert.excluded
    values = {name: new[name] for name in _REPLACED}
    return insert.on_conflict_do_update(index_elements=["owner", "key"], set_=values, where=_is_earlier(new))


_FROM_LOADING = _on_conflict(
    postgresql.insert(contacts).from_select(
        _TAKEN,
        select(
            bindparam("owner", type_=contacts.c.owner.type),
            bindparam("task_id", type_=contacts.c.task_id.type),
            *(_LOADING.c[name] for name in _COLUMNS),
        ).order_by(_LOADING.c.key),
    )
)
_ON_SQLITE = _on_conflict(sqlite.insert(contacts))
_insert = mysql.insert(contacts)
_ON_MARIADB = _insert.on_duplicate_key_update(
    [(name, func.if_(_is_earlier(_insert.inserted), _insert.inserted[name], contacts.c[name])) for name in _REPLACED]
)


def load(db: Connection, *, owner: str, task_id: str, rows: Sequence[New]) -> None:
    """Load rows of a file; no two of them may have the same key."""
    if not rows:
        return
    given = {"owner": owner, "task_id": task_id}
    if db.dialect.name == "postgresql":
        db.execute(_CREATE_LOADING)
        copy_text(db, _LOADING, _COLUMNS, rows)
        db.execute(_FROM_LOADING, given)
    else:
        values = [given | dict(zip(_COLUMNS, row, strict=True)) for row in sorted(rows)]
        db.execute(_ON_SQLITE if db.dialect.name == "sqlite" else _ON_MARIADB, values)


def count(db: Connection, task_id: str, first: int, end: int) -> int:
    """The number of contacts from these lines of a file, `end` excluded."""
    lines = contacts.c.line >= first, contacts.c.line < end
    return db.execute(select(func.count()).where(contacts.c.task_id == task_id, *lines)).scalar_one()


def get(db: Connection, owner: str, contact_id: str) -> Row:
    """One contact. Raises NotFound for an id that is malformed, unknown, or another owner's."""
    task_id, _, line = contact_id.rpartition("-")
    row = None
    if is_id(task_id):
        query = select(contacts).where(contacts.c.task_id == task_id, contacts.c.line == _line_number(line))
        row = db.execute(query.where(contacts.c.owner == owner)).mappings().one_or_none()
    if row is None or id_of(row) != contact_id:
        raise NotFound(f"There is no contact {contact_id[:64]!r}.")
    return row


def _line_number(text: str) -> int:
    """The number, or 0 (which no line has) if the text is not one."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < LONGEST_LINE_NUMBER else 0


def id_of(row: Row) -> str:
    """The id of a contact: its task's id and its line."""
    return f"{row['task_id']}-{row['line']}"


def page(
    db: Connection, owner: str, *, email: str | None, task_id: str | None, limit: int, cursor: str | None
) -> tuple[list[Row], str | None]:
    """Up to `limit` contacts, fewer if they are large, and the cursor of the next page (None on the last page). They are
    sorted by address; with `task_id`, they are those that this file brought, in its order. `email`: only this address,
    in any spelling.

    An address keeps its place, so pages neither skip nor repeat a contact; while a file is being loaded, a contact of
    it may still move to an earlier line. Raises InvalidInput for a bad filter or cursor.
    """
    query, place = select(contacts).where(contacts.c.owner == owner), contacts.c.key
    if email is not None:
        try:
            query = query.where(contacts.c.key == key_of(checked_text("email", email)))
        except NotAnAddress:
            return [], None
    if task_id is not None:
        if not is_id(checked_text("task", task_id)):
            return [], None
        query, place = query.where(contacts.c.task_id == task_id.lower()), contacts.c.line
    if cursor is not None:
        query = query.where(place > _position(cursor, place))
    fit = _as_many_as_fit(db, query.order_by(place).limit(limit))
    rows = db.execute(query.order_by(place).limit(fit + 1)).mappings().all() if fit else []
    return list(rows[:fit]), write_text_cursor(str(rows[fit - 1][place.name])) if len(rows) > fit else None


def _as_many_as_fit(db: Connection, query: Select[Any]) -> int:
    """How many of these rows fit in LARGEST_PAGE bytes, but at least one: a cell may have millions of characters."""
    is_sqlite = db.dialect.name == "sqlite"  # whose `length` of a text counts characters
    columns = (contacts.c[name] for name in ("email", "name", "data"))
    sizes = [func.length(cast(each, LargeBinary)) if is_sqlite else func.octet_length(each) for each in columns]
    size = fit = 0
    for row in db.execute(query.with_only_columns(*sizes)):
        size += sum(row)
        if fit and size > LARGEST_PAGE:
            break
        fit += 1
    return fit


def _position(cursor: str, place: Column[Any]) -> str | int:
    text = read_text_cursor(cursor)
    return text if place is contacts.c.key else _line_number(text)


def delete_some(db: Connection, task_id: str) -> bool:
    """Delete some of the contacts that a file brought; returns whether more may be left. Only safe while nothing loads that
    file."""
    lines = db.scalars(
        select(contacts.c.line).where(contacts.c.task_id == task_id).order_by(contacts.c.line).limit(DELETED_TOGETHER)
    ).all()
    if lines:
        up_to = contacts.c.line <= lines[-1]
        db.execute(delete(contacts).where(contacts.c.task_id == task_id, up_to))
    return len(lines) == DELETED_TOGETHER


def _delete_results(db: Connection, task_id: str) -> bool:
    rejects.remove(db, task_id)
    return delete_some(db, task_id)


KIND = Kind(
    "contacts",
    ContactsParameters,
    ContactsResult,
    has_rejects=True,
    has_routes=True,
    results_deleted_by=_delete_results,
    forgets=domains.forget,
)
