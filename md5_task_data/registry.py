"""All kinds of task. To add one, add two lines here and the files that docs/adding-a-kind.md lists."""

import importlib
from collections.abc import Mapping
from types import ModuleType
from typing import Any

from md5_task_data.errors import CannotLoad, InvalidInput
from md5_task_data.kinds import contacts, md5, phones
from md5_task_data.kinds.kind import Kind

KINDS: Mapping[str, Kind] = {kind.name: kind for kind in (md5.KIND, contacts.KIND, phones.KIND)}
UPLOADED = [name for name, kind in KINDS.items() if kind.is_uploaded]
WITH_ROUTES = [name for name, kind in KINDS.items() if kind.has_routes]  # the web page shows their rows at `/<kind>`
WITH_REJECTS = [name for name, kind in KINDS.items() if kind.has_rejects]
DEFAULT = UPLOADED[0]  # the kind of a file whose client names none


def known(name: str) -> Kind:
    """The kind of this name. Raises InvalidInput, which lists the known kinds."""
    if name not in KINDS:
        raise InvalidInput(f"The parameter kind must be one of: {', '.join(UPLOADED)}; it was {name[:40]!r}.")
    return KINDS[name]


def uploaded(name: str) -> Kind:
    """The kind of this name, which must take an uploaded file. Raises InvalidInput."""
    kind = known(name)
    if not kind.is_uploaded:
        raise InvalidInput(
            f"The kind {name} takes no uploaded file. The parameter kind must be one of: {', '.join(UPLOADED)}."
        )
    return kind


def module_of(kind: Kind, package: str) -> ModuleType:
    """The module in this package with the kind's name. Raises CannotLoad if importing it fails in any way."""
    try:
        return importlib.import_module(f"{package}.{kind.name}")
    except Exception as error:
        raise CannotLoad(kind.name, f"{type(error).__name__}: {error}") from error


def keeps_rows(name: str) -> bool:
    """Whether the kind may have rows of its own. True for a kind that only a newer version knows."""
    return name not in KINDS or KINDS[name].results_deleted_by is not None


def parameter_schemas() -> dict[str, dict[str, Any]]:
    """The JSON schemas of the parameters of all kinds, for one form. Each description begins with the kinds that take the
    parameter."""
    schemas: dict[str, dict[str, Any]] = {}
    for name in UPLOADED:
        for parameter, schema in KINDS[name].schemas.items():
            described = {**schema, "description": f"{name}: {schema['description']}"}
            schemas[parameter] = _joined(schemas[parameter], described) if parameter in schemas else described
    return schemas


def _joined(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """The schema of a parameter that two kinds take."""
    both = [{key: value for key, value in each.items() if key != "description"} for each in (one, other)]
    words = f"{one['description']}. {other['description']}"
    return {**both[0], "description": words} if both[0] == both[1] else {"anyOf": both, "description": words}
