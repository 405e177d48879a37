"""Tells Schemathesis what OpenAPI cannot express; each hook says what and why. No check is switched off."""

import itertools
import re
from typing import Any

import schemathesis
from schemathesis import GenerationMode

from md5_service.api.http.openapi import KEY, MD5_IN_BASE64
from md5_task_data.errors import InvalidInput
from md5_task_data.registry import DEFAULT, KINDS

LONGEST_WAIT_S = 1
numbers = itertools.count()
were_valid: set[str] = set()  # the ids of cases that were generated as valid


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: dict[str, Any]) -> None:
    """Called before every request."""
    if case.meta is not None and case.meta.generation.mode == GenerationMode.POSITIVE:
        were_valid.add(case.id)
    _wait_briefly(case)
    _fit_the_kind(case)
    _say_it_once(case)
    _take_a_new_key(case)


@schemathesis.hook
def filter_body(context: Any, body: Any) -> bool:
    """Whether the case is sent as generated: everything in a form is text, so `false` is a valid batch name, and a list of one
    item equals the item."""
    return not any(
        value is None or isinstance(value, bool | int | float | dict) or (isinstance(value, list) and len(value) < 2)
        for value in _named(body).values()
    )


@schemathesis.hook
def filter_failure(context: Any, failure: Any, case: Any, response: Any) -> bool:
    """Whether this is a real failure. A task that DELETE cancelled remains visible, because its id is a promise. A valid case
    stays valid after a hook has removed something, although Schemathesis then takes the bytes of a file for a mistake."""
    name = type(failure).__name__
    is_cancelled_task = re.fullmatch(r"DELETE /v1/tasks/[\w-]{36}", getattr(failure, "free", ""))
    is_still_valid = case.id in were_valid and name == "AcceptedNegativeData"
    return not (is_still_valid or (is_cancelled_task and name == "UseAfterFree"))


def _wait_briefly(case: Any) -> None:
    """`Prefer: wait=60` is granted, and would take a minute for a task that never finishes."""
    prefer = (case.headers or {}).get("prefer")
    if prefer is not None:
        case.headers["prefer"] = re.sub(r"(wait\s*=\s*\"?)\d+", rf"\g<1>{LONGEST_WAIT_S}", prefer, flags=re.IGNORECASE)


def _fit_the_kind(case: Any) -> None:
    """Each kind has its own parameters and refuses those of other kinds, even if each is valid on its own."""
    if case.operation.label == "POST /v1/tasks":
        query, form = _named(case.query), _named(case.body)
        kind = {"kind": DEFAULT, **query, **form}["kind"]
        for other in KINDS.keys() - {kind} if kind in KINDS else ():
            for name in KINDS[other].parameters.model_fields:
                for place in (query, form):
                    if name in place and _is_valid(other, name, place[name]):
                        del place[name]


def _is_valid(kind: str, name: str, value: object) -> bool:
    """Whether the value is valid according to the document, which lists fewer words for yes and no than the API accepts."""
    if KINDS[kind].parameters.model_fields[name].annotation == bool | None:
        return str(value).lower() in ("true", "false")
    try:
        return bool(KINDS[kind].checked({name: str(value)}))
    except InvalidInput:
        return False


def _say_it_once(case: Any) -> None:
    """A parameter may be in the query or in the form. In both it is refused, even if each is valid on its own; so are digests
    that differ."""
    if case.operation.label == "POST /v1/tasks":
        for name in _named(case.body).keys() & _named(case.query).keys():
            del case.query[name]
        if case.headers and "expected_md5" in {**_named(case.body), **_named(case.query)}:
            is_wrong = case.meta is not None and case.meta.generation.mode == GenerationMode.NEGATIVE
            if not is_wrong or re.fullmatch(MD5_IN_BASE64, case.headers.get("Content-MD5", "")):
                case.headers.pop("Content-MD5", None)


def _take_a_new_key(case: Any) -> None:
    """A valid `Idempotency-Key` that belongs to another file is refused, and the generator tends to repeat values."""
    key = (case.headers or {}).get("idempotency-key")
    if key is not None and re.fullmatch(KEY, key):
        case.headers["idempotency-key"] = f"{next(numbers)}-{key}".replace('"', "")[:255]


def _named(parameters: Any) -> dict[str, Any]:
    return parameters if isinstance(parameters, dict) else {}
