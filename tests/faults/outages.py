"""The ways in which a server behind a proxy can be unavailable; each is a block, after which it is back."""

import contextlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

from tests.faults.proxy import Proxy
from tests.servers.server import Server

Outage = Callable[[Any, Proxy], AbstractContextManager[None]]


@contextlib.contextmanager
def restart(server: Server, _: Proxy) -> Iterator[None]:
    server.kill()
    yield
    server.start()


@contextlib.contextmanager
def suspend(server: Server, _: Proxy) -> Iterator[None]:
    server.suspend()
    yield
    server.resume()


@contextlib.contextmanager
def refuse(_: Server, proxy: Proxy) -> Iterator[None]:
    proxy.refuse()
    yield
    proxy.accept()


@contextlib.contextmanager
def black_hole(_: Server, proxy: Proxy) -> Iterator[None]:
    proxy.black_hole = True
    yield
    proxy.black_hole = False


@contextlib.contextmanager
def half_open(_: Server, proxy: Proxy) -> Iterator[None]:
    """Never over for connections that are open now; later ones work."""
    assert proxy.half_open() > 0
    yield


def said(outage: Outage) -> str:
    """Its name, for figures and errors."""
    return str(getattr(outage, "__name__", outage)).replace("_", "-")
