"""A proxy with narrow limits."""

import contextlib
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.client import wait_for
from tests.deployment.containers import Deployment, Podman, is_open

CONNECTIONS = 3  # that it accepts from one address
MIB = 1 << 20


class Proxy:
    """A second nginx in front of the same API, with narrow limits and a certificate."""

    def __init__(self, address: str, certificate: Path) -> None:
        self.address = address
        self.url = f"http://{address}:9000"
        self.certificate = certificate


@contextlib.contextmanager
def narrow_proxy(podman: Podman, deployment: Deployment, tls: Path) -> Iterator[Proxy]:
    """Creates the certificate in the folder `tls`."""
    words = [
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-subj",
        "/CN=files.example",
    ]
    words += [
        "-addext",
        "subjectAltName=DNS:files.example",
        "-keyout",
        f"{tls}/key.pem",
        "-out",
        f"{tls}/certificate.pem",
    ]
    subprocess.run(["openssl", *words], check=True, capture_output=True)
    tls.chmod(0o755)
    (tls / "key.pem").chmod(0o644)
    name = deployment.name("strict")
    limits = {"RATE_PER_ADDRESS": 5, "CONNECTIONS_PER_ADDRESS": CONNECTIONS, "MD5_MAX_UPLOAD_BYTES": MIB}
    options = [f"--env={limit}={value}" for limit, value in limits.items()]
    options += ["--network", f"{deployment.project}_front", "--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL"]
    podman("run", "-d", "--name", name, *options, "-v", f"{tls}:/etc/nginx/tls:ro", "md5-service-nginx")
    proxy = Proxy(deployment.address("strict"), tls / "certificate.pem")
    wait_for(lambda: is_open(proxy.address, 9000), "the proxy to listen")
    yield proxy
    podman("rm", "-f", "-t", "0", name)
