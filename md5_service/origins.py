"""Where a page or a service is: what browsers send as `Origin` and `Host`, and what MD5_ALLOWED_HOSTS contains."""

import re
from typing import NamedTuple

# RFC 9110, 7.2, without userinfo.
_HOST = re.compile(r"(\[[0-9a-f:.]+(?:%[\w.~-]+)?\]|[\w.~-]+)(?::(\d{0,5}))?", re.ASCII)
_PORTS = {"http": 80, "https": 443}
LARGEST_PORT = 65535


class Origin(NamedTuple):
    """In lower case. The scheme "" and the port None stand for unknown, or any."""

    scheme: str
    name: str
    port: int | None

    def covers(self, other: "Origin") -> bool:
        """Whether the other origin is this one, as far as this one specifies it."""
        return (
            self.name == other.name
            and self.scheme in ("", other.scheme)
            and (self.port is None or self.port == other.port)
        )


def origin(text: str, scheme: str = "") -> Origin | None:
    """Parses `name`, `name:port`, or either after `scheme://`; the default port is that of the scheme. None if the text has
    another form."""
    before, _, host = text.lower().rpartition("://")
    found = _HOST.fullmatch(host)
    if found is None:
        return None
    scheme = before or scheme
    return Origin(scheme, found[1].strip("[]"), int(found[2]) if found[2] else _PORTS.get(scheme))


def origins(text: str) -> list[Origin]:
    """Parses several, separated by commas. Raises ValueError."""
    found = []
    for each in filter(None, map(str.strip, text.split(","))):
        if (one := origin(each)) is None or one.scheme not in ("", *_PORTS) or (one.port or 0) > LARGEST_PORT:
            raise ValueError(f"{each!r} is not `name`, `name:port`, `https://name` or `https://name:port`")
        found.append(one)
    return found
