"""The MD5 of a file, and whether it matches the expected one."""

from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic.json_schema import SkipJsonSchema

from md5_task_data.kinds.kind import Kind, MustBe, Parameters, Result

Md5Digest = Annotated[
    str,
    Field(pattern=r"^[ \t\r\n]*[0-9a-fA-F]{32}[ \t\r\n]*$"),
    AfterValidator(lambda digest: digest.strip(" \t\r\n").lower()),
]


class Md5Parameters(Parameters):
    """Parameters of kind `md5`."""

    expected_md5: Annotated[Md5Digest | None, MustBe("an MD5 of 32 hexadecimal digits, as `md5sum` prints it")] = Field(
        None,
        description="the digest that the file should have; the result then has a verdict in `match`. The headers "
        "`Content-MD5` (Base64) and `Repr-Digest: md5=:…:` do the same; in a form, too, they refer to the file alone",
    )


class Md5Result(Result):
    """The result of kind `md5`."""

    md5: str = Field(pattern="^[0-9a-f]{32}$")
    expected: str | SkipJsonSchema[None] = Field(None, description="The expected digest, if one was given")
    match: bool | SkipJsonSchema[None] = Field(
        None, description="Whether the digest is the expected one, if one was given"
    )


KIND = Kind("md5", Md5Parameters, Md5Result, is_instant=True)
