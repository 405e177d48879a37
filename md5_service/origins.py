"""Where a page is, or a service is called: what browsers send as `Origin` and `Host`, and what MD5_ALLOWED_HOSTS says."""

import re
from typing import NamedTuple

# RFC 9110, 7.2, without userinfo.
_HOST = re.compile(r"(\[[0-9a-f:.]+(?:%[\w.~-]+)?\]|[\w.~-]+)(?::(\d{0,5}))?", re.ASCII)
_PORTS = {"http": 80, "https": 443}
LARGEST_PORT = 65535


class Origin(NamedTuple):
    """In small letters; a scheme of "" and a port of None are not known, or any."""

    scheme: str
    name: str
    port: int | None

    def covers(self, other: "Origin") -> bool:
        """Whether that is here, so far as this one says where it is."""
        return (
            self.name == other.name
            and self.scheme in ("", other.scheme)
            and (self.port is None or self.port == other.port)
        )


def origin(text: str, scheme: str = "") -> Origin | None:
    """Of `name`, `name:port`, or either after `scheme://`; without a port it is that of the scheme. None: it is no such thing."""
    before, _, host = text.lower().rpartition("://")
    found = _HOST.fullmatch(host)
    if found is None:
        return None
    scheme = before or scheme
    return Origin(scheme, found[1].strip("[]"), int(found[2]) if found[2] else _PORTS.get(scheme))


def origins(text: str) -> list[Origin]:
    """Of several, with commas between them. Raises ValueError."""
    found = []
    for each in filter(None, map(str.strip, text.split(","))):
        if (one := origin(each)) is None or one.scheme not in ("", *_PORTS) or (one.port or 0) > LARGEST_PORT:
            raise ValueError(f"{each!r} is none of `name`, `name:port`, `https://name` and `https://name:port`")
        found.append(one)
    return found
