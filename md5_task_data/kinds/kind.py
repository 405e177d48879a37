"""A kind: one record, from which the form, the OpenAPI document, the page's types, the lane and the deletion follow.

Its computation is in `md5_service.worker.kinds` under the same name; the routes to its rows, if it has any, are in
`md5_service.api.routes`.
"""

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError
from sqlalchemy import Connection

from md5_task_data.errors import InvalidInput, ResultsDeleted
from md5_task_data.schema import Row, rfc3339

OF_EVERY_FILE = ("kind", "filename", "batch")  # the parameters of every kind


class Parameters(BaseModel):
    """What a client may send with a file. A field's description appears in the OpenAPI document; the error for a wrong
    value follows from the field's schema, or from `MustBe`."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _as_read(schema: dict[str, Any]) -> None:
    """Describe fields as a client reads them: a missing field is not null, and a later version may add more."""
    del schema["additionalProperties"]
    for each in schema["properties"].values():
        for name in ("title", "default"):
            each.pop(name, None)


class Result(BaseModel):
    """A kind's result, as the row, the log and clients have it: only the fields that were set."""

    model_config = ConfigDict(extra="forbid", frozen=True, json_schema_extra=_as_read)

    def as_json(self) -> dict[str, Any]:
        return self.model_dump(mode="json", exclude_unset=True)


@dataclass(frozen=True)
class MustBe:
    """Annotates a parameter: what its value must be, in words that follow "must be"."""

    words: str


@dataclass(frozen=True)
class Kind:
    """`defaults`: for parameters, the settings (by name) from which they are taken when a task is created without them; a
    setting that changes later changes no task. `is_uploaded`: clients upload a file for it. `is_instant`: it only reads a
    file once, as fast as it can be read, so small files have a lane of their own. `has_rejects`: it stores the rows of a
    file that it could not use. `has_routes`: its rows can be browsed.

    `results_deleted_by` deletes some of the rows of a task and returns whether more may be left; None: the kind stores
    no rows. `forgets` is called every few seconds and deletes some of the kind's expired rows.
    """

    name: str
    parameters: type[Parameters]
    result: type[Result]
    defaults: Mapping[str, str] = field(default_factory=dict)
    is_uploaded: bool = True
    is_instant: bool = False
    has_rejects: bool = False
    has_routes: bool = False
    results_deleted_by: Callable[[Connection, str], bool] | None = None
    forgets: Callable[[Connection], object] | None = None

    def __post_init__(self) -> None:
        """Raises TypeError for a parameter that a form cannot have, so that no process starts with it."""
        for name, schema in self.schemas.items():
            if name in (*OF_EVERY_FILE, "file"):
                raise TypeError(f"kind {self.name}: {name!r} is a parameter of every file")
            if "description" not in schema or "type" not in schema or not all(map(_is_text, schema.get("enum", ()))):
                raise TypeError(
                    f"kind {self.name}, parameter {name}: it needs a description, and one type that a form can have: a string, "
                    "a number, a boolean, or a `Literal` of strings"
                )

    def takes(self, parameter: str) -> bool:
        return parameter in self.parameters.model_fields

    @functools.cached_property  # read for every wrong value that a client sends
    def schemas(self) -> dict[str, dict[str, Any]]:
        """The JSON schema of each parameter in a form, where an optional parameter is left out rather than `null`."""
        properties = self.parameters.model_json_schema()["properties"] if self.parameters.model_fields else {}
        return {name: _of_form(schema) for name, schema in properties.items()}

    def checked(self, given: Mapping[str, str]) -> dict[str, object]:
        """The parameters that were sent with a file, converted; missing ones stay missing. Raises InvalidInput."""
        try:
            return self.parameters.model_validate(given).model_dump(exclude_none=True, mode="json")
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
        name = ".".join(str(part) for part in first["loc"])[:100]
        if first["type"] == "extra_forbidden":
            allowed = ", ".join([*OF_EVERY_FILE, *self.parameters.model_fields])
            raise InvalidInput(f"Unknown parameter {name!r}. A file of kind {self.name} takes: {allowed}.")
        must_be = self._must_be(name)
        wrong = f"must be {must_be}" if must_be else f"is invalid: {first['msg']}"
        raise InvalidInput(f"The parameter {name} {wrong}.")

    def _must_be(self, name: str) -> str | None:
        field = self.parameters.model_fields.get(name)
        if field is None:
            return None
        said = next((each.words for each in field.metadata if isinstance(each, MustBe)), None)
        schema = self.schemas[name]
        if said is None and "enum" in schema:
            return f"one of {(' ' if ',' in schema['enum'] else ', ').join(schema['enum'])}"
        if said is None and schema.get("type") == "boolean":
            return f"yes or no: {schema['description'].partition(';')[0]}"
        return said


def check_results_kept(task: Row) -> None:
    """Raises ResultsDeleted if the owner of a task deleted its results (which may not be removed yet)."""
    if task["results_deleted_at"] is not None:
        raise ResultsDeleted(f"The results were deleted on request at {rfc3339(task['results_deleted_at'])}.")


def _of_form(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The schema without what pydantic adds for `X | None = None`."""
    described = {name: value for name, value in schema.items() if name not in ("title", "anyOf", "default")}
    given = [each for each in schema.get("anyOf", []) if each.get("type") != "null"]
    return {**(given[0] if len(given) == 1 else {}), **described}


def _is_text(value: object) -> bool:
    return isinstance(value, str)
