"""What OpenAPI has no words for, told to Schemathesis: each hook says what, and why. No check is switched off."""

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
were_valid: set[str] = set()  # the ids of cases that were valid when they were made


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: dict[str, Any]) -> None:
    """Called for every request."""
    if case.meta is not None and case.meta.generation.mode == GenerationMode.POSITIVE:
        were_valid.add(case.id)
    _wait_briefly(case)
    _fit_the_kind(case)
    _say_it_once(case)
    _take_a_new_key(case)


@schemathesis.hook
def filter_body(context: Any, body: Any) -> bool:
    """Whether it is sent as it is: in a form all is text, so that `false` is a batch's name, and a list of one is that one."""
    return not any(
        value is None or isinstance(value, bool | int | float | dict) or (isinstance(value, list) and len(value) < 2)
        for value in _named(body).values()
    )


@schemathesis.hook
def filter_failure(context: Any, failure: Any, case: Any, response: Any) -> bool:
    """Whether it is one. A task that is cancelled by DELETE stays to be seen, for its id is a promise. What was valid is still so
    when something was left out here, though Schemathesis then takes the bytes of a file for a mistake."""
    name = type(failure).__name__
    is_cancelled_task = re.fullmatch(r"DELETE /v1/tasks/[\w-]{36}", getattr(failure, "free", ""))
    is_still_valid = case.id in were_valid and name == "AcceptedNegativeData"
    return not (is_still_valid or (is_cancelled_task and name == "UseAfterFree"))


def _wait_briefly(case: Any) -> None:
    """`Prefer: wait=60` is granted, and would take a minute where the task never ends."""
    prefer = (case.headers or {}).get("prefer")
    if prefer is not None:
        case.headers["prefer"] = re.sub(r"(wait\s*=\s*\"?)\d+", rf"\g<1>{LONGEST_WAIT_S}", prefer, flags=re.IGNORECASE)


def _fit_the_kind(case: Any) -> None:
    """Each kind takes parameters of its own, and refuses those of others, also where each by itself is valid."""
    if case.operation.label == "POST /v1/tasks":
        query, form = _named(case.query), _named(case.body)
        kind = {"kind": DEFAULT, **query, **form}["kind"]
        for other in KINDS.keys() - {kind} if kind in KINDS else ():
            for name in KINDS[other].parameters.model_fields:
                for place in (query, form):
                    if name in place and _is_valid(other, name, place[name]):
                        del place[name]


def _is_valid(kind: str, name: str, value: object) -> bool:
    """As the document has it, which knows fewer words for yes and no than are taken."""
    if KINDS[kind].parameters.model_fields[name].annotation == bool | None:
        return str(value).lower() in ("true", "false")
    try:
        return bool(KINDS[kind].checked({name: str(value)}))
    except InvalidInput:
        return False


def _say_it_once(case: Any) -> None:
    """A parameter may stand in the query or in the form: in both it is refused, also where each by itself is valid. So are
    digests that differ."""
    if case.operation.label == "POST /v1/tasks":
        for name in _named(case.body).keys() & _named(case.query).keys():
            del case.query[name]
        if case.headers and "expected_md5" in {**_named(case.body), **_named(case.query)}:
            is_wrong = case.meta is not None and case.meta.generation.mode == GenerationMode.NEGATIVE
            if not is_wrong or re.fullmatch(MD5_IN_BASE64, case.headers.get("Content-MD5", "")):
                case.headers.pop("Content-MD5", None)


def _take_a_new_key(case: Any) -> None:
    """A valid `Idempotency-Key` that stands for another file already is refused, and the generator likes to repeat itself."""
    key = (case.headers or {}).get("idempotency-key")
    if key is not None and re.fullmatch(KEY, key):
        case.headers["idempotency-key"] = f"{next(numbers)}-{key}".replace('"', "")[:255]


def _named(parameters: Any) -> dict[str, Any]:
    return parameters if isinstance(parameters, dict) else {}
