"""The kinds of work, by name, with the parameters that each takes. What a kind computes is in `md5_service.worker.kinds`."""

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from md5_task_data.errors import InvalidInput

Md5Digest = Annotated[
    str,
    BeforeValidator(lambda value: value.strip(" \t\r\n").lower() if isinstance(value, str) else value),
    Field(pattern="^[0-9a-f]{32}$"),
]


class NoParameters(BaseModel):
    """A kind that takes a file and nothing else."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Md5Parameters(NoParameters):
    expected_md5: Md5Digest | None = Field(None, description="an MD5 as `md5sum` prints it, 32 hexadecimal digits")


KINDS: dict[str, type[NoParameters]] = {
    "md5": Md5Parameters,
}


def known(kind: str) -> str:
    """Return `kind`, or raise InvalidInput naming those that there are."""
    if kind not in KINDS:
        raise InvalidInput(f"kind is {kind[:40]!r}; it must be one of: {', '.join(KINDS)}")
    return kind


def parameters(kind: str, given: dict[str, str]) -> dict[str, object]:
    """Check the parameters given with a file of this kind; those left out stay out of the answer."""
    try:
        checked = KINDS[known(kind)].model_validate(given)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        name = ".".join(str(part) for part in first["loc"])[:100]
        if first["type"] == "extra_forbidden":
            allowed = ", ".join(["kind", "filename", "batch", *KINDS[kind].model_fields])
            raise InvalidInput(f"unknown parameter {name!r}; a file of kind {kind} takes: {allowed}") from None
        field = KINDS[kind].model_fields.get(name)
        allowed = (field and field.description) or first["msg"]
        raise InvalidInput(f"parameter {name}: it must be {allowed}") from None
    return checked.model_dump(exclude_none=True, mode="json")
