"""The names in a form's `Content-Disposition`, as browsers and other clients write them.

RFC 7578 wants `filename="…"` in UTF-8, and a name is data here: neither a path before it nor a backslash in it is taken off.
Only `\\"` is undone: no browser writes it, older versions of curl do. What browsers write as %22, %0D and %0A stays so, for a
name may really have it. `filename*=` (RFC 5987) comes first where it is given, though RFC 7578 does not want it in forms.
"""

import re
from collections.abc import Mapping
from urllib.parse import unquote_to_bytes

from md5_task_data.errors import InvalidInput

PARAMETER = re.compile(r"""\s*;\s*([^\s;="]+)\s*=\s*(?:"((?:\\"|[^"])*)"(?=\s*(?:;|$))|([^;]*))""", re.DOTALL)
CHARSETS = ("utf-8", "iso-8859-1")


def parameters(value: bytes) -> Mapping[str, str]:
    """Those of a `Content-Disposition`, by name, as `os.fsdecode` has them; the first of a name counts. Raises InvalidInput for a
    bad `filename*`."""
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
