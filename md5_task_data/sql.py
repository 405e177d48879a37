"""SQL that every make of database spells differently: the database's clock, and JSON."""

from typing import Any

from sqlalchemy import JSON, BigInteger, Text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement


class now(FunctionElement[int]):
    """The database's clock at this moment, for writing. Not indexable on PostgreSQL: search with `searched_now`."""

    type = BigInteger()
    name = "now"
    inherit_cache = True


class searched_now(now):
    """The database's clock at the start of the statement: constant, so that an index can be searched with it."""

    inherit_cache = True


@compiles(now, "sqlite")
def _now_on_sqlite(element: now, compiler: Any, **_: Any) -> str:
    return "now_us()"  # registered by `database.sqlite`: SQLite runs inside this very process, and so does its clock


@compiles(now, "postgresql")
def _now_on_postgresql(element: now, compiler: Any, **_: Any) -> str:
    return "(extract(epoch from clock_timestamp()) * 1000000)::bigint"


@compiles(searched_now, "postgresql")
def _searched_now_on_postgresql(element: now, compiler: Any, **_: Any) -> str:
    return "(extract(epoch from statement_timestamp()) * 1000000)::bigint"


@compiles(now, "mysql", "mariadb")
def _now_on_mariadb(element: now, compiler: Any, **_: Any) -> str:
    return "cast(unix_timestamp(sysdate(6)) * 1000000 as signed)"


@compiles(searched_now, "mysql", "mariadb")
def _searched_now_on_mariadb(element: now, compiler: Any, **_: Any) -> str:
    return "cast(unix_timestamp(now(6)) * 1000000 as signed)"


class as_json(FunctionElement[Any]):
    """JSON that an expression has put together: PostgreSQL takes it for text otherwise."""

    type = JSON()
    name = "as_json"
    inherit_cache = True


@compiles(as_json)
def _as_json(element: as_json, compiler: Any, **options: Any) -> str:
    return str(compiler.process(element.clauses, **options))


@compiles(as_json, "postgresql")
def _as_json_on_postgresql(element: as_json, compiler: Any, **options: Any) -> str:
    return f"({compiler.process(element.clauses, **options)})::json"


class given(FunctionElement[str]):
    """`given(objects, id, name)`: of a JSON object of objects, the text that the one of this id (without its dashes) has under
    `name`. So one statement, always the same, gives each of many rows a value of its own."""

    type = Text()
    name = "given"
    inherit_cache = True


@compiles(given, "sqlite")
def _given_on_sqlite(element: given, compiler: Any, **options: Any) -> str:
    objects, task_id, name = (compiler.process(clause, **options) for clause in element.clauses)
    return f"json_extract({objects}, '$.\"' || {task_id} || '\".' || {name})"  # ids are kept without dashes


@compiles(given, "postgresql")
def _given_on_postgresql(element: given, compiler: Any, **options: Any) -> str:
    objects, task_id, name = (compiler.process(clause, **options) for clause in element.clauses)
    return f"({objects}::jsonb -> replace({task_id}::text, '-', '') ->> {name})"


@compiles(given, "mysql", "mariadb")
def _given_on_mariadb(element: given, compiler: Any, **options: Any) -> str:
    objects, task_id, name = (compiler.process(clause, **options) for clause in element.clauses)
    return f"json_value({objects}, concat('$.\"', replace({task_id}, '-', ''), '\".', {name}))"
