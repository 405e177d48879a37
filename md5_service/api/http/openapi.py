"""What the OpenAPI document says about requests and answers beyond their types, in texts that several routes share. `tests/fuzz`
checks it: the API rejects what the document forbids, and accepts what it allows."""

import functools
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import FastAPI, Path, Query
from pydantic import WithJsonSchema
from pydantic.json_schema import SkipJsonSchema

from md5_task_data import names, registry

Text = str | SkipJsonSchema[None]  # optional; the document must not say that it may be `null`

NO_NUL = r"^[^\x00]*$"
MD5_IN_BASE64 = r"^[A-Za-z0-9+/]{22}==$"
ID = r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"
KEY = r'^([!#-~][!-~]{0,254}|"([!-~]{1,255}"|[!-~]{0,253}[!#-~])?)$'  # a quoted string, or a bare one; `""` is empty
CURSOR = r"^[A-Za-z0-9_-]{21}[AQgw]$"  # 16 bytes
TEXT_CURSOR = (  # some bytes
    r"^([A-Za-z0-9_-]{4})*([A-Za-z0-9_-]{4}|[A-Za-z0-9_-][AQgw]|[A-Za-z0-9_-]{2}[AEIMQUYcgkosw048])$"
)

AnyText = Annotated[Text, Query(json_schema_extra={"pattern": NO_NUL})]
# Only described, not validated: a malformed id is answered with 404, like any unknown one.
TaskId = Annotated[
    str, Path(description="The id that the upload returned", json_schema_extra={"format": "uuid", "pattern": ID})
]


def header(description: str, schema: dict[str, Any] | None = None, *, always: bool = True) -> dict[str, Any]:
    """A response header for the OpenAPI document."""
    return {"description": description, "required": always, "schema": schema or {"type": "string"}}


PREFER = "`wait=N`: answer when the task has finished, but after N seconds at the latest (at most 60)"
IDEMPOTENCY_KEY = (
    "Up to 255 visible characters, such as a UUID; use a new one for each file. A request that repeats the key within 24 hours "
    "with the same kind, parameters, file name and bytes gets the existing task and the header `Idempotent-Replayed: true`. "
    "With anything different the answer is 422, and 409 while the first request is still being received"
)
SECONDS = {"type": "integer", "minimum": 0}
ETAG = header("Changes whenever the content changes", {"type": "string", "pattern": '^"[^"]+"$'})
PREFERENCE_APPLIED = header("The wait that was granted, if one was requested", always=False)

ACCEPTED: dict[int | str, dict[str, Any]] = {
    202: {
        "description": "The task was accepted",
        "headers": {
            "Location": header("The path of the task", {"type": "string", "pattern": "^/v1/tasks/[0-9a-f-]{36}$"}),
            "Retry-After": header("Seconds after which to poll", SECONDS),
            "Preference-Applied": PREFERENCE_APPLIED,
            "Idempotent-Replayed": header(
                "`true`: this `Idempotency-Key` already belonged to this task", {"const": "true"}, always=False
            ),
        },
        "links": {
            name: {
                "operationId": operation,
                "parameters": {"id" if name == "stream events of several tasks" else "task_id": "$response.body#/id"},
            }
            for name, operation in {
                "get": "get_task_v1_tasks__task_id__get",
                "stream events": "events_v1_tasks__task_id__events_get",
                "stream events of several tasks": "events_of_many_v1_tasks_events_get",
                "cancel": "cancel_task_v1_tasks__task_id__delete",
                "retry": "retry_task_v1_tasks__task_id__retry_post",
                "delete results": "delete_results_v1_tasks__task_id__results_delete",
                "download": "get_file_v1_tasks__task_id__file_get",
                "download rejects": "get_rejects_v1_tasks__task_id__rejects_csv_get",
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
        "description": "A name shared by files that are uploaded together",
    },
    **registry.parameter_schemas(),
}
_NAME_OF_FILE = {
    "type": "string",
    "maxLength": names.MAX_NAME,
    "pattern": NO_NUL,
    "description": "The name of the file, if the body is the file itself or the part `file` of the form has no name",
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
                "The MD5 that the file should have, in Base64 (RFC 1864)",
                {"type": "string", "pattern": MD5_IN_BASE64},
            ),
        )
    ],
    "requestBody": {
        "required": False,  # no body is an empty file
        "content": {
            "multipart/form-data": {"schema": _FORM},
            "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
        },
    },
}
BYTES = "application/octet-stream"
STATE: dict[int | str, dict[str, Any]] = {
    200: {"headers": {"ETag": ETAG, "Preference-Applied": PREFERENCE_APPLIED}},
    304: {"description": "The task has not changed", "headers": {"ETag": ETAG}},
}
PAGE: dict[int | str, dict[str, Any]] = {
    200: {"headers": {"Link": header('`rel="next"`: the next page, if there is one', always=False)}}
}
_BYTES = {"schema": {"type": "string", "format": "binary"}}
_ATTACHED = {
    "ETag": ETAG,
    "Content-Disposition": header("Contains the name of the file", {"type": "string", "pattern": "^attachment;"}),
    "Accept-Ranges": header("Range requests are supported", {"const": "bytes"}),
}
_RANGE = header("Which bytes of the file these are, and its size", always=False)
FILE: dict[int | str, dict[str, Any]] = {
    200: {"description": "The file, as an attachment", "headers": _ATTACHED, "content": {BYTES: _BYTES}},
    304: {"description": "The file has not changed", "headers": {"ETag": ETAG}},
    206: {
        "description": "The requested range",
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
            "Range": "A part of the file, such as `bytes=0-99` (RFC 9110)",
            "If-Range": "An `ETag`: if the file has another one now, all of it is sent",
        }.items()
    ]
}


# A result was validated when it was stored; here it is only described.
_RESULTS = [kind.result for kind in registry.KINDS.values()]
OF_A_KIND = WithJsonSchema({"anyOf": [{"$ref": f"#/components/schemas/{result.__name__}"} for result in _RESULTS]})


def describe_results(app: FastAPI) -> None:
    """Add the results of all kinds, to which `OF_A_KIND` refers, to /openapi.json."""

    def add(described: dict[str, Any]) -> None:
        schemas = described["components"]["schemas"]
        for result in _RESULTS:
            schema = result.model_json_schema(mode="serialization", ref_template="#/components/schemas/{model}")
            schemas |= schema.pop("$defs", {})
            schemas[result.__name__] = schema

    _amend(app, add)


def omit_security(app: FastAPI) -> None:
    """Remove API keys from /openapi.json, for a service that does not require them."""

    def omit(described: dict[str, Any]) -> None:
        for operations in described["paths"].values():
            for operation in operations.values():
                operation.pop("security", None)
        described["components"].pop("securitySchemes", None)

    _amend(app, omit)


def _amend(app: FastAPI, change: Callable[[dict[str, Any]], None]) -> None:
    """Cached: anyone may request the document, as often as they like."""
    describe = app.openapi

    @functools.cache
    def amended() -> dict[str, Any]:
        described = describe()
        change(described)
        return described

    app.openapi = amended  # type: ignore[method-assign]  # the way FastAPI's guide does it
