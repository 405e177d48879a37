"""SQL that each kind of database spells differently: the clock and JSON."""

from typing import Any

from sqlalchemy import JSON, BigInteger, Text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement


class now(FunctionElement[int]):
    """The database's clock at this moment, for writing. PostgreSQL cannot use it to search an index: use `searched_now`."""

    type = BigInteger()
    name = "now"
    inherit_cache = True


class searched_now(now):
    """The database's clock at the start of the statement: constant, so an index can be searched with it."""

    inherit_cache = True


@compiles(now, "sqlite")
def _now_on_sqlite(element: now, compiler: Any, **_: Any) -> str:
    return "now_us()"  # registered by `database.sqlite`; SQLite runs in this process and uses its clock


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
    """JSON built by an expression, which PostgreSQL would otherwise treat as text."""

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
    """`given(objects, id, name)`: from a JSON object of objects, the text under `name` in the object with this id (without
    dashes). One constant statement can thus set a different value in each of many rows."""

    type = Text()
    name = "given"
    inherit_cache = True


@compiles(given, "sqlite")
def _given_on_sqlite(element: given, compiler: Any, **options: Any) -> str:
    objects, task_id, name = (compiler.process(clause, **options) for clause in element.clauses)
    return f"json_extract({objects}, '$.\"' || {task_id} || '\".' || {name})"  # SQLite stores ids without dashes


@compiles(given, "postgresql")
def _given_on_postgresql(element: given, compiler: Any, **options: Any) -> str:
    objects, task_id, name = (compiler.process(clause, **options) for clause in element.clauses)
    return f"({objects}::jsonb -> replace({task_id}::text, '-', '') ->> {name})"


@compiles(given, "mysql", "mariadb")
def _given_on_mariadb(element: given, compiler: Any, **options: Any) -> str:
    objects, task_id, name = (compiler.process(clause, **options) for clause in element.clauses)
    return f"json_value({objects}, concat('$.\"', replace({task_id}, '-', ''), '\".', {name}))"
