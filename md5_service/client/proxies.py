"""Which proxy the client uses: the one that the environment names, but none for this machine."""

import contextlib
import ipaddress
import re
import socket
from urllib.parse import SplitResult, urlsplit
from urllib.request import getproxies

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def proxy_for(url: str) -> str | None:
    """The URL of the proxy that `http_proxy`, `https_proxy` or `all_proxy` names for `url`, in lower or upper case. None for a
    loopback address, for hosts that `no_proxy` names, and if no proxy is set."""
    service, named = urlsplit(url), getproxies()
    proxy = (named.get(service.scheme) or named.get("all") or "").strip()
    if not proxy or _is_here(service.hostname or "") or _is_excepted(service, named.get("no", "")):
        return None
    return proxy if "://" in proxy else f"http://{proxy}"


def without_password(proxy: str) -> str:
    """The URL of a proxy without its credentials, for error messages."""
    scheme, _, rest = proxy.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}"


def _is_here(host: str) -> bool:
    if (name := host.lower().rstrip(".")) == "localhost" or name.endswith(".localhost"):  # RFC 6761
        return True
    address = _address(host)
    return address is not None and (address.is_loopback or address.is_unspecified)


def _is_excepted(service: SplitResult, no_proxy: str) -> bool:
    return any(_names(entry, service) for entry in re.split(r"[\s,]+", no_proxy) if entry)


def _names(entry: str, service: SplitResult) -> bool:
    """Whether an entry of `no_proxy` matches the service: `*`, a name (with its subdomains), an address, or a network, each with
    an optional port."""
    if entry == "*":
        return True
    entry = entry.rpartition("://")[2]
    if with_port := re.fullmatch(r"(\[[^]]*\]|[^:]*):(\d+)", entry):
        entry = with_port[1]
        if int(with_port[2]) != (service.port or {"http": 80, "https": 443}.get(service.scheme)):
            return False
    host = (service.hostname or "").rstrip(".")
    if (address := _address(host)) is not None:
        with contextlib.suppress(ValueError):
            return address in ipaddress.ip_network(entry.strip("[]"), strict=False)
        return False
    name = entry.lower().removeprefix("*").strip(".")
    return bool(name) and (host == name or host.endswith(f".{name}"))


def _address(host: str) -> Address | None:
    """The address of a host that is written as a number, also as `127.1`, which the system understands, or as IPv4 in IPv6."""
    with contextlib.suppress(ValueError):
        address = ipaddress.ip_address(host)
        return getattr(address, "ipv4_mapped", None) or address
    with contextlib.suppress(OSError):
        return ipaddress.IPv4Address(socket.inet_aton(host))
    return None
