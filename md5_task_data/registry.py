"""The kinds of work, by name, with the parameters that each takes. What a kind computes is in `md5_service.worker.kinds`."""

from typing import Annotated, Literal, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from md5_task_data.errors import InvalidInput

Md5Digest = Annotated[
    str,
    BeforeValidator(lambda value: value.strip(" \t\r\n").lower() if isinstance(value, str) else value),
    Field(pattern="^[0-9a-f]{32}$"),
]


def _lower(value: object) -> object:
    return value.strip().lower() if isinstance(value, str) else value


class NoParameters(BaseModel):
    """A kind that takes a file and nothing else."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Md5Parameters(NoParameters):
    expected_md5: Md5Digest | None = Field(None, description="an MD5 as `md5sum` prints it, 32 hexadecimal digits")


def _given_delimiter(value: object) -> object:
    return {"tab": "\t", "\\t": "\t"}.get(value, value) if isinstance(value, str) else value


Encoding = Literal[
    "utf-8", "utf-16", "utf-16-le", "utf-16-be", "cp1250", "cp1251", "cp1252", "cp1254", "latin-1", "koi8-r"
]


class ContactsParameters(NoParameters):
    """What is not given is detected."""

    delimiter: Annotated[Literal[",", ";", "\t", "|"], BeforeValidator(_given_delimiter)] | None = Field(
        None, description="one of , ; tab |"
    )
    encoding: Annotated[Encoding, BeforeValidator(_lower)] | None = Field(
        None, description=f"one of {', '.join(get_args(Encoding))}"
    )
    header: bool | None = Field(None, description="yes or no: whether the first row names the columns")
    email_column: Annotated[str, Field(min_length=1, max_length=255, pattern="^[^\\x00]*$")] | None = Field(
        None, description="the column of the e-mail addresses: its name in the header, or its number, from 1"
    )
    check_mx: bool | None = Field(
        None, description="yes or no: whether the DNS is asked if the domains of the addresses take mail"
    )


INSTANT = frozenset({"md5"})  # kinds that read a file once, as fast as it can be read, and nothing else

KINDS: dict[str, type[NoParameters]] = {
    "md5": Md5Parameters,
    "contacts": ContactsParameters,
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
