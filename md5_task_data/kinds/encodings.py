"""The encodings of a text that a client can name, as Python spells them."""

from typing import Annotated, Literal

from pydantic import BeforeValidator

DETECTED = "detected if not given"


def _lower(value: object) -> object:
    return value.strip().lower() if isinstance(value, str) else value


_Detected = Literal[
    "utf-8", "utf-16", "utf-16-le", "utf-16-be", "cp1250", "cp1251", "cp1252", "cp1254", "latin-1", "koi8-r"
]
# In none of the further ones is a byte of a longer character a line feed, and text has as many bytes as it was read from.
_Named = Literal[
    "cp1253",
    "cp1255",
    "cp1256",
    "cp1257",
    "cp1258",
    "cp437",
    "cp850",
    "cp852",
    "cp866",
    "cp874",
    "koi8-u",
    "mac-roman",
    "big5",
    "cp932",
    "cp949",
    "gb18030",
]
DetectedEncoding = Annotated[_Detected, BeforeValidator(_lower)]
AnyEncoding = Annotated[Literal[_Detected, _Named], BeforeValidator(_lower)]
