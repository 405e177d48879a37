"""The images, and one deployment of the whole system, are made once for all tests here."""

from collections.abc import Iterator

import pytest

from tests.deployment.containers import Deployment, Podman
from tests.deployment.narrow_proxy import Proxy, narrow_proxy


@pytest.fixture(scope="session")
def podman(tmp_path_factory: pytest.TempPathFactory) -> Podman:
    """Podman with all images, as `python -m tests.deployment.containers` builds them."""
    return Podman(tmp_path_factory.mktemp("podman"))


@pytest.fixture(scope="session")
def deployment(podman: Podman, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """The whole system, ready, with an API key."""
    with Deployment(podman, tmp_path_factory.mktemp("deployment")) as deployment:
        deployment.up()
        deployment.wait_until_ready()
        deployment.make_key()
        yield deployment


@pytest.fixture(scope="session")
def proxy(podman: Podman, deployment: Deployment, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    with narrow_proxy(podman, deployment, tmp_path_factory.mktemp("tls")) as proxy:
        yield proxy
