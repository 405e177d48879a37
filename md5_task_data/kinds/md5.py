"""The MD5 of a file, and whether it is the one that was expected."""

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
    expected_md5: Annotated[Md5Digest | None, MustBe("an MD5 as `md5sum` prints it, 32 hexadecimal digits")] = Field(
        None,
        description="the digest that it should have; the result then has a verdict in `match`. The headers "
        "`Content-MD5` (Base64) and `Repr-Digest: md5=:…:` say the same, of the file also where it comes in a form",
    )


class Md5Result(Result):
    """Of kind `md5`."""

    md5: str = Field(pattern="^[0-9a-f]{32}$")
    expected: str | SkipJsonSchema[None] = Field(None, description="The digest that was expected, where one was")
    match: bool | SkipJsonSchema[None] = Field(None, description="Whether it is that one, where one was expected")


KIND = Kind("md5", Md5Parameters, Md5Result, is_instant=True)
