"""Parses the `Content-Disposition` of a form's part, as browsers and other clients write it.

RFC 7578 requires `filename="…"` in UTF-8. A name is data here: neither a path before it nor a backslash in it is removed. Only
`\\"` is unescaped: no browser writes it, but older versions of curl do. %22, %0D and %0A, which browsers write, stay, because a
name may really contain them. `filename*=` (RFC 5987) takes precedence if present, although RFC 7578 does not allow it in forms.
"""

import re
from collections.abc import Mapping
from urllib.parse import unquote_to_bytes

from md5_task_data.errors import InvalidInput

PARAMETER = re.compile(r"""\s*;\s*([^\s;="]+)\s*=\s*(?:"((?:\\"|[^"])*)"(?=\s*(?:;|$))|([^;]*))""", re.DOTALL)
CHARSETS = ("utf-8", "iso-8859-1")


def parameters(value: bytes) -> Mapping[str, str]:
    """The parameters of a `Content-Disposition`, by name, decoded as `os.fsdecode` does. The first of a repeated name counts.
    Raises InvalidInput for an invalid `filename*`."""
    text = value.decode(errors="surrogateescape")
    found: dict[str, str] = {}
    at = text.find(";")
    while at >= 0 and (parameter := PARAMETER.match(text, at)):
        name, quoted, bare = parameter.groups()
        found.setdefault(name.lower(), bare.strip() if quoted is None else quoted.replace('\\"', '"'))
        at = parameter.end()
    if "filename*" in found:
        found["filename"] = _extended(found["filename*"])
    return found


def _extended(value: str) -> str:
    charset, _, rest = value.partition("'")
    _, quote, encoded = rest.partition("'")
    try:
        if quote and charset.lower() in CHARSETS:
            return unquote_to_bytes(encoded).decode(charset)
    except UnicodeDecodeError:
        pass
    raise InvalidInput("The parameter filename* must have the form UTF-8''na%C3%AFve.txt.")
