"""The kinds of work that there are. A new one is two lines here, and a file of its name in the rooms that `docs` lists."""

import importlib
from collections.abc import Mapping
from types import ModuleType
from typing import Any

from md5_task_data.errors import CannotLoad, InvalidInput
from md5_task_data.kinds import contacts, md5
from md5_task_data.kinds.kind import Kind

KINDS: Mapping[str, Kind] = {kind.name: kind for kind in (md5.KIND, contacts.KIND)}
UPLOADED = [name for name, kind in KINDS.items() if kind.is_uploaded]
WITH_ROUTES = [name for name, kind in KINDS.items() if kind.has_routes]  # the page shows their rows at `/<kind>`
WITH_REJECTS = [name for name, kind in KINDS.items() if kind.has_rejects]
DEFAULT = UPLOADED[0]  # what is done with a file where nobody says it


def known(name: str) -> Kind:
    """The kind of that name. Raises InvalidInput naming those that there are."""
    if name not in KINDS:
        raise InvalidInput(f"kind is {name[:40]!r}; it must be one of: {', '.join(UPLOADED)}")
    return KINDS[name]


def uploaded(name: str) -> Kind:
    """The same of a kind that a file can be handed over for. Raises InvalidInput."""
    kind = known(name)
    if not kind.is_uploaded:
        raise InvalidInput(f"no file is handed over for kind {name}; kind must be one of: {', '.join(UPLOADED)}")
    return kind


def module_of(kind: Kind, package: str) -> ModuleType:
    """The module of that package that bears the kind's name. Raises CannotLoad, whatever is wrong with it."""
    try:
        return importlib.import_module(f"{package}.{kind.name}")
    except Exception as error:
        raise CannotLoad(kind.name, f"{type(error).__name__}: {error}") from error


def keeps_rows(name: str) -> bool:
    """Whether there may be rows of the kind's own; also of one that only a newer version knows."""
    return name not in KINDS or KINDS[name].results_deleted_by is not None


def parameter_schemas() -> dict[str, dict[str, Any]]:
    """The JSON schemas of the parameters of all kinds, for one form: each description begins with the kinds that take it."""
    schemas: dict[str, dict[str, Any]] = {}
    for name in UPLOADED:
        for parameter, schema in KINDS[name].schemas.items():
            described = {**schema, "description": f"{name}: {schema['description']}"}
            schemas[parameter] = _joined(schemas[parameter], described) if parameter in schemas else described
    return schemas


def _joined(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """Of a parameter that two kinds take."""
    both = [{key: value for key, value in each.items() if key != "description"} for each in (one, other)]
    words = f"{one['description']}. {other['description']}"
    return {**both[0], "description": words} if both[0] == both[1] else {"anyOf": both, "description": words}
