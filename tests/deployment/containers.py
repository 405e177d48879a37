"""Real containers from the Dockerfiles and the compose file, run by podman on a machine without Docker and without access to a
registry. The base images are built here: Debian with debootstrap, the servers from the files in `stand_ins`.

Run as a program, this builds all images; otherwise several test processes would do so at the same time."""

import contextlib
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx2
import psutil
import yaml

from tests.checkout import ROOT
from tests.client import TLS, Client, wait_for
from tests.servers import needed
from tests.servers.server import free_port

COMPOSE_FILE = ROOT / "deployment" / "docker-compose.yml"
STAND_INS = Path(__file__).parent / "stand_ins"
DEBIAN, STAND_IN = "trixie", "localhost/stand-in:trixie"
BASES = ("docker.io/library/python:3.13-slim-trixie", "docker.io/library/debian:trixie-slim")
SERVERS = ("postgres", "valkey", "rabbitmq", "prometheus")  # Grafana and pgAdmin are not available from Debian
PROJECT = "md5-test-"  # followed by the pid of its process, and a name
BUILD_S = 1500  # in parallel with all tests, which have priority
CONTAINERS_CONF = """[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
[containers]
default_ulimits = ["nofile=16384:16384", "nproc=1000:1000"]
"""
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")


class Podman:
    """Runs podman and podman-compose, with a configuration of its own."""

    def __init__(self, folder: Path) -> None:
        self.podman: str
        self.podman, _, _ = needed("Podman", "podman", "/usr/bin/podman", "/usr/sbin/runc", "/usr/sbin/debootstrap")
        configuration = folder / "containers.conf"
        configuration.write_text(CONTAINERS_CONF)
        self.environment = os.environ | {
            "CONTAINERS_CONF": str(configuration),
            "BUILDAH_FORMAT": "docker",  # the OCI format has no health checks
        }

    def __call__(self, *words: str, timeout_s: float = 120, cwd: Path = ROOT) -> str:
        """The output of podman. Raises AssertionError with its messages if it fails."""
        return self.run([self.podman, *words], timeout_s, cwd)

    def run(self, command: Sequence[str], timeout_s: float = 120, cwd: Path = ROOT) -> str:
        return self.pipe(command, b"", timeout_s, cwd).decode(errors="replace").strip()

    def pipe(self, command: Sequence[str], given: bytes, timeout_s: float = 120, cwd: Path = ROOT) -> bytes:
        """The output of the command for this input. Raises AssertionError with its messages if it fails."""
        done = subprocess.run(
            command, cwd=cwd, env=self.environment, input=given, capture_output=True, timeout=timeout_s
        )
        words = (done.stdout[-3000:] + done.stderr[-3000:]).decode(errors="replace")
        assert done.returncode == 0, f"{' '.join(command)}: {words}"
        return done.stdout

    def has_image(self, name: str) -> bool:
        return subprocess.run([self.podman, "image", "exists", name], env=self.environment).returncode == 0

    def inspect(self, name: str, what: str) -> str:
        return self("inspect", "--format", f"{{{{{what}}}}}", name)


def prepare(podman: Podman) -> None:
    """Build all images: the base images, the servers, and our own as the compose file describes them."""
    _make_base(podman)
    for name in BASES:
        podman("tag", STAND_IN, name)
    services = compose_file()["services"]
    files = {image: (dockerfile, ROOT) for image, dockerfile in our_images().items()}
    files |= {services[name]["image"]: (f"{name}.Containerfile", STAND_INS) for name in SERVERS}

    def build(image: str) -> None:
        file, folder = files[image]
        podman("build", "-q", "-t", image, "-f", file, ".", cwd=folder, timeout_s=BUILD_S)

    with ThreadPoolExecutor(2) as pool:  # half of the time they wait for the network
        list(pool.map(build, files))


def _make_base(podman: Podman) -> None:
    """A minimal Debian, as in the official images, with the certificates of this machine."""
    if podman.has_image(STAND_IN):
        return
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        include = "--include=ca-certificates,python3,python3-venv,python3-pip"
        # Its mounts end with it, even if it is killed.
        alone = ["unshare", "--mount", "--pid", "--fork", "--kill-child"]
        podman.run([*alone, "/usr/sbin/debootstrap", "--variant=minbase", include, DEBIAN, folder], BUILD_S)
        shutil.copy(CERTIFICATES, folder + str(CERTIFICATES))
        (Path(folder) / "etc/pip.conf").write_text(f"[global]\ncert = {CERTIFICATES}\n")
        for unneeded in ("var/cache/apt/archives", "var/lib/apt/lists"):
            shutil.rmtree(Path(folder) / unneeded)
        podman.run(["sh", "-c", f"tar -C {folder} -c . | {podman.podman} import -q - {STAND_IN}"], BUILD_S)


def compose_file() -> dict[str, Any]:
    return dict(yaml.safe_load(COMPOSE_FILE.read_text()))


def our_images() -> Mapping[str, str]:
    """The images to build, each with its Dockerfile."""
    services = compose_file()["services"].values()
    return {service["image"]: service["build"]["dockerfile"] for service in services if "build" in service}


class Deployment(Client):
    """The system of the compose file, with its own project name and secrets. A context manager that removes it at the end.
    Containers are referred to by short names such as `worker_1`."""

    def __init__(self, podman: Podman, folder: Path, *profiles: str, name: str = "whole", **settings: str) -> None:
        self.podman = podman
        self.project = f"{PROJECT}{os.getpid()}-{name}"
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.key = ""
        self._profiles = [word for profile in profiles for word in ("--profile", profile)]
        self._env_file = folder / ".env"
        self.inner_address = (
            f"127.{os.getpid() % 250 + 1}.{random.randrange(1, 250)}.1"  # a loopback address of its own
        )
        own = {
            "INNER_ADDRESS": self.inner_address,
            "LISTEN": f"127.0.0.1:{self.port}",
            "LISTEN_TLS": f"127.0.0.1:{free_port()}",
        } | settings
        self._make_env_file(folder, own)

    def _make_env_file(self, folder: Path, settings: Mapping[str, str]) -> None:
        for name in ("new-env", ".env.example"):
            shutil.copy(ROOT / "deployment" / name, folder)
        self.podman.run(["sh", "new-env"], cwd=folder)
        with open(self._env_file, "a") as file:
            file.writelines(f"{name}={value}\n" for name, value in settings.items())

    def __enter__(self) -> "Deployment":
        self._remove(*leftovers(self.podman))
        return self

    def __exit__(self, *_: object) -> None:
        self._remove(self.project)

    def _remove(self, *projects: str) -> None:
        for project in projects:
            with contextlib.suppress(AssertionError):
                self.compose("down", "--volumes", "--timeout", "1", project=project)
            for name in self.podman("ps", "-aq", "--filter", f"name={project}").split():
                self.podman("rm", "-f", "-t", "0", name)
            for name in self.podman("volume", "ls", "-q", "--filter", f"name={project}").split():
                self.podman("volume", "rm", "-f", name)
            for network in compose_file()["networks"]:
                with contextlib.suppress(AssertionError):
                    self.podman("network", "rm", "-f", f"{project}_{network}")

    def compose(self, *words: str, project: str = "", timeout_s: float = 180) -> str:
        return self.podman.run(self.command(*words, project=project), timeout_s)

    def command(self, *words: str, project: str = "") -> list[str]:
        command = [str(Path(sys.executable).with_name("podman-compose")), "-f", str(COMPOSE_FILE)]
        return [*command, "-p", project or self.project, "--env-file", str(self._env_file), *self._profiles, *words]

    def up(self, *words: str) -> None:
        self.compose("up", "-d", *words)

    def is_ready(self) -> bool:
        with contextlib.suppress(httpx2.TransportError):
            return httpx2.get(f"{self.url}/readyz", timeout=5, verify=TLS).status_code == 200
        return False

    def wait_until_ready(self, within_s: float = 120) -> None:
        wait_for(self.is_ready, "the deployment to be ready", within_s=within_s)

    def make_key(self) -> None:
        """Retried, because podman's DNS may not answer while containers start and stop."""

        def make() -> str:
            try:
                return self.execute("api_1", "md5-service", "key", "create", "tests")
            except AssertionError as error:
                errors.append(str(error))
                return ""

        errors: list[str] = []
        try:
            self.key = wait_for(make, "a key to be made")
        except AssertionError as error:
            raise AssertionError(errors[-1]) from error

    def client(self, timeout_s: float = 60) -> httpx2.Client:
        return httpx2.Client(base_url=self.url, headers=self.headers, timeout=timeout_s, verify=TLS)

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"}

    def name(self, container: str) -> str:
        return f"{self.project}_{container}"

    def containers(self, service: str = "") -> list[str]:
        """The running containers."""
        names = self.podman("ps", "--format", "{{.Names}}", "--filter", f"name={self.name(service)}").split()
        return sorted(name.removeprefix(f"{self.project}_") for name in names)

    def execute(self, container: str, *command: str) -> str:
        return self.podman("exec", self.name(container), *command)

    def kill(self, container: str) -> None:
        """Kill it as a crash would. If podman killed it, it would not be restarted."""
        os.kill(int(self.podman.inspect(self.name(container), ".State.Pid")), signal.SIGKILL)

    def is_healthy(self, container: str) -> bool:
        """Run the image's health check, which does not run automatically here."""
        command = [self.podman.podman, "healthcheck", "run", self.name(container)]
        return subprocess.run(command, env=self.podman.environment, capture_output=True).returncode == 0

    def address(self, container: str) -> str:
        return self.addresses(container)[0]  # all networks are reachable from here

    def addresses(self, container: str) -> list[str]:
        """Its address in each of its networks."""
        every = "{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}"
        return self.podman("inspect", "--format", every, self.name(container)).split()

    @property
    def log_path(self) -> Path:  # type: ignore[override]  # known only once the volume exists
        return self.volume("log") / "tasks.log"

    def volume(self, name: str) -> Path:
        return Path(self.podman("volume", "inspect", "--format", "{{.Mountpoint}}", self.name(name)))

    def secret(self, name: str) -> str:
        lines = dict(line.split("=", 1) for line in self._env_file.read_text().splitlines() if line[:1].isalpha())
        return lines[name]

    def database_url(self) -> str:
        return f"postgresql://md5:{self.secret('POSTGRES_PASSWORD')}@{self.address('postgres_1')}:5432/md5"

    def logs(self) -> str:
        """The last messages of each container."""
        said = []
        for container in self.containers():
            command = [self.podman.podman, "logs", "--tail", "20", self.name(container)]
            done = subprocess.run(command, env=self.podman.environment, capture_output=True, text=True)
            said.append(f"--- {container}\n{done.stdout}{done.stderr}")
        return "\n".join(said)


def leftovers(podman: Podman) -> list[str]:
    """Remove the projects of tests that were killed."""
    names = podman("ps", "-a", "--format", "{{.Names}}").split()
    projects = {name.split("_")[0] for name in names if name.startswith(PROJECT)}
    return [name for name in projects if not psutil.pid_exists(int(name.removeprefix(PROJECT).split("-")[0]))]


def is_open(host: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((host, port)) == 0


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        prepare(Podman(Path(folder)))
