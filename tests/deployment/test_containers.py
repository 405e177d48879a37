"""The whole system in containers, as the Dockerfiles and the compose file describe it."""

import contextlib
import hashlib
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import httpx2
import pytest
import redis

from md5_task_data import migrations
from md5_task_data.database.engine import Database
from md5_task_data.errors import DependencyAway
from tests.checkout import ROOT
from tests.client import IN_TIME_S, TLS, wait_for
from tests.deployment.containers import SERVERS, Deployment, Podman, is_open, our_images
from tests.faults import oracle
from tests.faults.journal import Journal

pytestmark = [pytest.mark.containers, pytest.mark.timeout(1800)]

AWAY_S = 20
OURS = ("api_1", "api_2", "worker_1", "worker_2", "worker_3", "large_1", "upkeep_1", "beat_1", "nginx_1")
WITHOUT_WEB = "import fastapi, starlette, uvicorn, typer, md5_service.api, md5_service.cli, pip".removeprefix("import ")
MIB = 1 << 20


def smoke_test(deployment: Deployment, log_folder: Path | None = None) -> None:
    """tests/test.py as users run it."""
    log = log_folder / "tasks.log" if log_folder else deployment.log_path
    environment = {"MD5_URL": deployment.url, "MD5_KEY": deployment.key, "MD5_LOG_PATH": str(log)}
    done = subprocess.run(
        [sys.executable, ROOT / "tests/test.py"], env=environment, capture_output=True, text=True, timeout=180
    )
    assert done.returncode == 0, f"{done.stderr}\n{deployment.logs()}"
    assert "skipped" not in done.stderr


def test_what_is_in_the_images(podman: Podman, figure: Callable[[str], None]) -> None:
    base = int(podman.inspect("docker.io/library/python:3.13-slim-trixie", ".Size"))
    for image in our_images():
        assert podman.inspect(image, ".Config.User") == "10001:10001"
        assert podman.inspect(image, ".HealthCheck") != "<nil>"
        assert "PASSWORD" not in podman.inspect(image, ".Config.Env")
        figure(f"{image}: {(int(podman.inspect(image, '.Size')) - base) / 1e6:.0f} MB beside its base")
    for module in WITHOUT_WEB.split(", "):
        with pytest.raises(AssertionError, match="No module named"):
            podman("run", "--rm", "md5-service-worker", "python", "-c", f"import {module}")
    podman("run", "--rm", "md5-service-worker", "python", "-c", "import pymysql, psycopg2, celery, md5_service.worker")


def test_an_empty_secret_stops_the_start(podman: Podman, tmp_path: Path) -> None:
    deployment = Deployment(podman, tmp_path, VALKEY_PASSWORD="")
    with pytest.raises(AssertionError, match="run deployment/new-env"):
        deployment.compose("config")


def test_the_smoke_test_says_in_a_line_why_it_cannot_begin(deployment: Deployment) -> None:
    for environment, words in (
        ({"MD5_URL": deployment.url}, "requires an API key: MD5_KEY is not set"),
        ({"MD5_URL": deployment.url, "MD5_KEY": "wrong"}, "requires an API key: MD5_KEY is not valid"),
        ({"MD5_URL": "http://127.0.0.1:1"}, "no answer from http://127.0.0.1:1 (MD5_URL): "),
    ):
        done = subprocess.run(
            [sys.executable, ROOT / "tests/test.py"], env=environment, capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 1
        assert words in done.stderr.splitlines()[1]
        assert len(done.stderr.splitlines()) == 2


def test_secrets_are_new_and_never_written_over(podman: Podman, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    first, second = Deployment(podman, tmp_path), Deployment(podman, tmp_path / "other")
    names = [
        f"{name}_PASSWORD"
        for name in ("POSTGRES", "POSTGRES_ADMIN", "VALKEY", "RABBITMQ", "FLOWER", "GRAFANA", "PGADMIN")
    ]
    assert all(len(first.secret(name)) == 48 for name in names)
    assert len({each.secret(name) for name in names for each in (first, second)}) == 2 * len(names)
    assert (tmp_path / ".env").stat().st_mode & 0o777 == 0o600
    with pytest.raises(AssertionError, match="was not changed"):
        podman.run(["sh", "new-env"], cwd=tmp_path)


def test_ours_may_do_nothing_but_their_work(deployment: Deployment) -> None:
    for container in OURS:
        status = deployment.execute(container, "cat", "/proc/1/status")
        assert "\nUid:\t10001\t10001\t10001\t10001\n" in status
        assert "\nCapEff:\t0000000000000000\n" in status
        assert "\nCapBnd:\t0000000000000000\n" in status
        assert "\nNoNewPrivs:\t1\n" in status
        with pytest.raises(AssertionError, match="Read-only file system"):
            deployment.execute(container, "touch", "/etc/mine")


def test_the_service_is_no_superuser_of_the_database(deployment: Deployment) -> None:
    with pytest.raises(AssertionError, match="permission denied to COPY to or from an external program"):
        deployment.execute("postgres_1", "psql", "-U", "md5", "-c", "COPY (SELECT 1) TO PROGRAM 'true'")


def test_each_says_that_it_is_well(deployment: Deployment) -> None:
    for container in (*OURS, "postgres_1", "valkey_1"):
        if container != "beat_1":
            wait_for(partial(deployment.is_healthy, container), f"{container} to be well")


def test_all_promises_are_kept_whatever_is_killed(deployment: Deployment, figure: Callable[[str], None]) -> None:
    smoke_test(deployment)
    journal = Journal([deployment.url], 600, seed=8, over_s=60, headers=deployment.headers)
    journal.start()
    large = secrets.token_bytes(70 * MIB)  # has its own queue and workers
    promises = {deployment.hand_over(large): hashlib.md5(large).hexdigest()}
    for container in ("large_1", "worker_1", "api_1"):
        deployment.kill(container)
        time.sleep(3)
    deployment.up("--no-recreate", "--scale", "worker=5")
    assert len(deployment.containers("worker")) == 5
    deployment.podman("kill", deployment.name("postgres_1"))
    time.sleep(AWAY_S)
    deployment.podman("start", deployment.name("postgres_1"))
    for container in ("valkey_1", "worker_4", "api_2", "upkeep_1", "beat_1", "nginx_1", "worker_2"):
        deployment.kill(container)
        time.sleep(1)
    journal.join(within_s=IN_TIME_S)
    promises |= journal.promises
    wait_for(lambda: not oracle.unfinished(deployment.database_url()), "all to have ended")
    counts = oracle.counts(deployment.database_url(), deployment.log_path, promises)
    figure(f"{len(promises)} promises, 10 containers killed, the database away for {AWAY_S} s: {counts}; {journal}")
    assert counts == oracle.KEPT, deployment.logs()
    smoke_test(deployment)


def test_they_may_be_started_in_any_order(deployment: Deployment) -> None:
    everything = deployment.containers()
    before = deployment.hand_over(b"before")
    for container in everything:
        deployment.podman("stop", "-t", "15", deployment.name(container))
    servers = [container for container in everything if container.startswith(SERVERS)]
    for container in [*(name for name in everything if name not in servers), *servers]:
        deployment.podman("start", deployment.name(container))
        time.sleep(0.5)
    deployment.wait_until_ready()
    assert deployment.ended(before)["status"] == "done"
    smoke_test(deployment)


@pytest.mark.long
def test_from_nothing_to_the_first_md5(podman: Podman, tmp_path: Path, figure: Callable[[str], None]) -> None:
    """The same with RabbitMQ instead of Valkey, and folders instead of volumes, as `.env` describes."""
    folders = {name: tmp_path / name.lower() for name in ("BUCKET", "LOG")}
    env = {"COMPOSE_PROFILES": "rabbitmq", "VALKEY_REPLICAS": "0"} | {name: str(path) for name, path in folders.items()}
    for path in folders.values():
        path.mkdir()
        os.chown(path, 10001, 10001)
    env["MD5_BROKER_URL"] = "amqp://md5:${RABBITMQ_PASSWORD}@rabbitmq:5672//"
    for broker, settings in (("Valkey", {}), ("RabbitMQ", env)):
        (tmp_path / broker).mkdir()
        with Deployment(podman, tmp_path / broker, name=broker.lower(), **settings) as other:
            began = time.monotonic()
            other.up()
            other.wait_until_ready()
            other.make_key()
            other.ended(other.hand_over(b"abc"))
            figure(f"from nothing to the first MD5, with {broker}: {time.monotonic() - began:.0f} s")
            is_rabbitmq = broker == "RabbitMQ"
            assert ("rabbitmq_1" in other.containers()) == is_rabbitmq
            assert ("valkey_1" in other.containers()) != is_rabbitmq
            smoke_test(other, folders["LOG"] if is_rabbitmq else None)


@pytest.mark.long
def test_the_servers_alone_with_their_ports_on_loopback(podman: Podman, tmp_path: Path) -> None:
    with Deployment(podman, tmp_path, "infra", name="servers") as servers:
        servers.up("infra")
        assert servers.containers() == ["infra_1", "postgres_1", "valkey_1"]
        url = f"postgresql://md5:{servers.secret('POSTGRES_PASSWORD')}@{servers.inner_address}:5432/md5"
        database = Database(url)
        wait_for_database(database)
        migrations.upgrade(database)
        assert migrations.is_current(database)
        database.close()
        there = servers.inner_address
        valkey = redis.Redis(host=there, password=servers.secret("VALKEY_PASSWORD"))
        assert valkey.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
        with pytest.raises(redis.AuthenticationError):
            redis.Redis(host=there).ping()
        assert not is_open("127.0.0.1", 5432)


def wait_for_database(database: Database) -> None:
    def answers() -> bool:
        with contextlib.suppress(DependencyAway), database.reading():
            return True
        return False

    wait_for(answers, "the database")


@pytest.mark.long
def test_prometheus_and_flower_see_what_is_there(podman: Podman, tmp_path: Path) -> None:
    """Grafana and pgAdmin are not available here."""
    key = tmp_path / "md5_key"
    key.touch()
    with Deployment(podman, tmp_path, "monitoring", "flower", name="watched", PROMETHEUS_KEY_FILE=str(key)) as watched:
        watched.up("migrate", "api", "worker", "upkeep", "beat", "nginx", "postgres", "valkey", "prometheus", "flower")
        watched.wait_until_ready()
        watched.make_key()
        key.write_text(watched.key)
        watched.ended(watched.hand_over(b"abc"))
        prometheus = f"http://{watched.inner_address}:9090/api/v1"
        query = f'{prometheus}/query?query=md5_tasks_total{{kind="md5",outcome="done"}}'

        def counted() -> bool:
            return [series["value"][1] for series in told(query)["data"]["result"]] == ["1"]

        wait_for(counted, "Prometheus to count it", every_s=1)
        assert sum(len(group["rules"]) for group in told(f"{prometheus}/rules")["data"]["groups"]) >= 9
        flower = f"http://{watched.inner_address}:5555/workers?json=1"
        credentials = ("md5", watched.secret("FLOWER_PASSWORD"))

        def workers() -> set[str]:
            return {each["hostname"].split("@")[0] for each in told(flower, credentials)["data"] if each["status"]}

        wait_for(lambda: workers() == {"worker", "upkeep"}, "Flower to see the workers", every_s=1)
        host = f"http://{watched.inner_address}:5555"
        for page in ("workers", "metrics", "api/tasks"):
            assert httpx2.get(f"{host}/{page}", verify=TLS).status_code == 401
        order = f"{host}/api/task/send-task/work"
        assert httpx2.post(order, json={}, verify=TLS).status_code == 401
        assert httpx2.post(order, json={}, auth=credentials, verify=TLS).status_code == 403
        assert watched.is_healthy("flower_1")


def told(url: str, credentials: tuple[str, str] | None = None) -> Any:
    """Its response, once it answers."""

    def answer() -> Any:
        with contextlib.suppress(httpx2.TransportError):
            return httpx2.get(url, auth=credentials, verify=TLS).json()

    return wait_for(lambda: answer() or None, f"{url} to answer", every_s=0.5)
