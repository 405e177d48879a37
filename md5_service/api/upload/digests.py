"""The expected MD5 of a file in a header: `Content-MD5` (RFC 1864) or `Repr-Digest` (RFC 9530).

With a form, the headers refer to the file in it, like the parameter `expected_md5`, not to the form.
"""

import base64
import binascii
import re
from collections.abc import Mapping

from starlette.datastructures import Headers

from md5_task_data.errors import InvalidInput

# A member of a dictionary whose value is a byte sequence (RFC 8941), with parameters that are ignored.
MEMBER = re.compile(r"[ \t]*([a-z*][a-z0-9_.*-]*)=:([A-Za-z0-9+/=]*):(?:;[^,]*)?[ \t]*")


def of(headers: Headers) -> Mapping[str, str]:
    """The MD5s in hexadecimal, by the name of their header. Raises InvalidInput."""
    found = {}
    if (value := headers.get("Content-MD5")) is not None:
        found["Content-MD5"] = _md5("Content-MD5", value.strip())
    if (members := headers.get("Repr-Digest")) is not None:
        for member in members.split(","):
            digest = MEMBER.fullmatch(member)
            if digest is None:
                raise InvalidInput("The header Repr-Digest must have the form md5=:kAFQmDzST7DWlj99KOF/cg==:.")
            if digest[1] == "md5":
                found["Repr-Digest"] = _md5("Repr-Digest", digest[2])
    return found


def _md5(header: str, encoded: str) -> str:
    try:
        digest = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        digest = b""
    if len(digest) != 16:
        form = "24 characters of Base64, such as kAFQmDzST7DWlj99KOF/cg=="
        raise InvalidInput(f"The MD5 in the header {header} must be {form}.")
    return digest.hex()
