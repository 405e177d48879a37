"""What the OpenAPI document says of requests and answers beyond their types, in the words that several routes share. It is
held to it by `tests/fuzz`: what the document rejects is rejected, and what it allows is taken."""

import functools
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import FastAPI, Path, Query
from pydantic import WithJsonSchema
from pydantic.json_schema import SkipJsonSchema

from md5_task_data import names, registry

Text = str | SkipJsonSchema[None]  # what may be left out; the document must not say that it may be `null`

NO_NUL = r"^[^\x00]*$"
MD5_IN_BASE64 = r"^[A-Za-z0-9+/]{22}==$"
ID = r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"
KEY = r'^([!#-~][!-~]{0,254}|"([!-~]{1,255}"|[!-~]{0,253}[!#-~])?)$'  # a quoted string, or not one; `""` is empty
CURSOR = r"^[A-Za-z0-9_-]{21}[AQgw]$"  # 16 bytes
TEXT_CURSOR = (  # some bytes
    r"^([A-Za-z0-9_-]{4})*([A-Za-z0-9_-]{4}|[A-Za-z0-9_-][AQgw]|[A-Za-z0-9_-]{2}[AEIMQUYcgkosw048])$"
)

AnyText = Annotated[Text, Query(json_schema_extra={"pattern": NO_NUL})]
# Only described, not checked: a malformed id is as unknown as any other, and 404.
TaskId = Annotated[str, Path(description="As it was given out", json_schema_extra={"format": "uuid", "pattern": ID})]


def header(description: str, schema: dict[str, Any] | None = None, *, always: bool = True) -> dict[str, Any]:
    """One header of an answer."""
    return {"description": description, "required": always, "schema": schema or {"type": "string"}}


PREFER = "`wait=N`: answer when the task has ended, after N ≤ 60 seconds at the latest"
IDEMPOTENCY_KEY = (
    "Up to 255 visible characters, new for each file, such as a UUID. Sent again within 24 hours with the same kind, parameters, "
    "file name and bytes, it answers with the task that there is already, and the header `Idempotent-Replayed: true`; with "
    "others 422, and 409 while the first request is still being received"
)
SECONDS = {"type": "integer", "minimum": 0}
ETAG = header("Differs between two states", {"type": "string", "pattern": '^"[^"]+"$'})
PREFERENCE_APPLIED = header("The wait that was granted, where one was asked for", always=False)

ACCEPTED: dict[int | str, dict[str, Any]] = {
    202: {
        "description": "The task: a promise from now on",
        "headers": {
            "Location": header("Where the task is", {"type": "string", "pattern": "^/v1/tasks/[0-9a-f-]{36}$"}),
            "Retry-After": header("Seconds after which to ask", SECONDS),
            "Preference-Applied": PREFERENCE_APPLIED,
            "Idempotent-Replayed": header(
                "`true`: the `Idempotency-Key` stood for this task already", {"const": "true"}, always=False
            ),
        },
        "links": {
            name: {
                "operationId": operation,
                "parameters": {"id" if name == "follow with others" else "task_id": "$response.body#/id"},
            }
            for name, operation in {
                "ask": "get_task_v1_tasks__task_id__get",
                "follow": "events_v1_tasks__task_id__events_get",
                "follow with others": "events_of_many_v1_tasks_events_get",
                "cancel": "cancel_task_v1_tasks__task_id__delete",
                "try again": "retry_task_v1_tasks__task_id__retry_post",
                "delete the bytes": "delete_results_v1_tasks__task_id__results_delete",
                "fetch the bytes": "get_file_v1_tasks__task_id__file_get",
                "fetch the rejects": "get_rejects_v1_tasks__task_id__rejects_csv_get",
            }.items()
        },
    }
}


_PARAMETERS: dict[str, dict[str, Any]] = {
    "kind": {
        "type": "string",
        "enum": registry.UPLOADED,
        "default": registry.DEFAULT,
        "description": "What to do with the file",
    },
    "batch": {
        "type": "string",
        "maxLength": names.MAX_BATCH,
        "pattern": NO_NUL,
        "description": "A name that files handed over together share",
    },
    **registry.parameter_schemas(),
}
_NAME_OF_FILE = {
    "type": "string",
    "maxLength": names.MAX_NAME,
    "pattern": NO_NUL,
    "description": "The name of the file, where its part of the form has none, or the body is raw",
}
_FORM = {
    "type": "object",
    "required": ["file"],
    "properties": {
        "file": {"type": "string", "format": "binary", "description": "The file"},
        "filename": _NAME_OF_FILE,
        **_PARAMETERS,
    },
    "additionalProperties": False,
}
FILE_SENT = {
    "security": [{"HTTPBearer": []}, {"APIKeyCookie": []}],
    "parameters": [
        {"in": "query", "name": name, "required": False, "schema": schema}
        for name, schema in {"filename": _NAME_OF_FILE, **_PARAMETERS}.items()
    ]
    + [
        {"in": "header", "name": name, "required": False, "description": description, "schema": schema}
        for name, description, schema in (
            ("Prefer", PREFER, {"type": "string"}),
            ("Idempotency-Key", IDEMPOTENCY_KEY, {"type": "string", "pattern": KEY}),
            (
                "Content-MD5",
                "The digest that the file should have, in Base64 (RFC 1864)",
                {"type": "string", "pattern": MD5_IN_BASE64},
            ),
        )
    ],
    "requestBody": {
        "required": False,  # no body is a file of no bytes
        "content": {
            "multipart/form-data": {"schema": _FORM},
            "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
        },
    },
}
BYTES = "application/octet-stream"
STATE: dict[int | str, dict[str, Any]] = {
    200: {"headers": {"ETag": ETAG, "Preference-Applied": PREFERENCE_APPLIED}},
    304: {"description": "It is as it was", "headers": {"ETag": ETAG}},
}
PAGE: dict[int | str, dict[str, Any]] = {
    200: {"headers": {"Link": header('`rel="next"`: the next page, where there is one', always=False)}}
}
_BYTES = {"schema": {"type": "string", "format": "binary"}}
_ATTACHED = {
    "ETag": ETAG,
    "Content-Disposition": header("With the name of the file", {"type": "string", "pattern": "^attachment;"}),
    "Accept-Ranges": header("Parts can be asked for", {"const": "bytes"}),
}
_RANGE = header("Which bytes these are, of how many", always=False)
FILE: dict[int | str, dict[str, Any]] = {
    200: {"description": "The bytes, as an attachment", "headers": _ATTACHED, "content": {BYTES: _BYTES}},
    304: {"description": "The bytes are as they were", "headers": {"ETag": ETAG}},
    206: {
        "description": "The part that was asked for",
        "headers": _ATTACHED | {"Content-Range": _RANGE},
        "content": {BYTES: _BYTES, "multipart/byteranges": _BYTES},
    },
}
RANGES = {
    "parameters": [
        {
            "in": "header",
            "name": name,
            "required": False,
            "description": description,
            "schema": {"type": "string"},
        }
        for name, description in {
            "Range": "A part of the bytes, as in `bytes=0-99` (RFC 9110)",
            "If-Range": "The `ETag` that they had: with another one all are sent",
        }.items()
    ]
}


# A result was checked when it was stored: nothing is left to do but to say what it is.
_RESULTS = [kind.result for kind in registry.KINDS.values()]
OF_A_KIND = WithJsonSchema({"anyOf": [{"$ref": f"#/components/schemas/{result.__name__}"} for result in _RESULTS]})


def describe_results(app: FastAPI) -> None:
    """Have /openapi.json say what the results of the kinds are, to which `OF_A_KIND` points."""

    def add(described: dict[str, Any]) -> None:
        schemas = described["components"]["schemas"]
        for result in _RESULTS:
            schema = result.model_json_schema(mode="serialization", ref_template="#/components/schemas/{model}")
            schemas |= schema.pop("$defs", {})
            schemas[result.__name__] = schema

    _amend(app, add)


def omit_security(app: FastAPI) -> None:
    """Leave the keys out of /openapi.json, where none is asked for."""

    def omit(described: dict[str, Any]) -> None:
        for operations in described["paths"].values():
            for operation in operations.values():
                operation.pop("security", None)
        described["components"].pop("securitySchemes", None)

    _amend(app, omit)


def _amend(app: FastAPI, change: Callable[[dict[str, Any]], None]) -> None:
    """Once: everybody may ask for the document, as often as they like."""
    describe = app.openapi

    @functools.cache
    def amended() -> dict[str, Any]:
        described = describe()
        change(described)
        return described

    app.openapi = amended  # type: ignore[method-assign]  # as FastAPI's own guide does it
