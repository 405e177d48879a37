"""Runs what docs/containers.md says."""

import contextlib
import hashlib
import re
import shlex
import time
from pathlib import Path

import pytest

from tests.client import wait_for
from tests.deployment.containers import Deployment, Podman
from tests.documentation import PAGES, code

pytestmark = [pytest.mark.containers, pytest.mark.timeout(600)]

PAGE = PAGES["docs/containers.md"]
COMPOSE = "docker compose -f deployment/docker-compose.yml "
(BEGIN, ALONE) = code("docs/containers.md", "sh")
TABLE = re.findall(r"^\| (?!restore)[^|]+ \| `([^`]+)` \|$", PAGE, re.M)
(RESTORE,) = re.findall(r"^\| restore it, after `down -v` \| (.*) \|$", PAGE, re.M)


def test_the_commands_are_those_that_are_tested() -> None:
    first, second, third = (line.partition(" #")[0].rstrip() for line in BEGIN.splitlines())
    assert first == "deployment/new-env"  # as every deployment here begins
    assert second == COMPOSE + "up -d"
    assert third == COMPOSE + "exec -T api md5-service key create ann"
    assert len(TABLE) >= 7
    assert TABLE[-2:] == ["down", "down -v"]  # as every deployment here ends


@pytest.mark.parametrize("command", ["exec -T api md5-service key create ann", *TABLE[:-2]])
def test_a_command_of_the_page_works(deployment: Deployment, command: str) -> None:
    task_id = deployment.hand_over(b"abc")
    deployment.ended(task_id)
    words = shlex.split(command.partition(" >")[0])
    told = deployment.compose(*words)
    if "psql" in command:
        assert re.search(r"done +\| +\d", told)
    elif "cat" in command:
        assert f'"id":"{task_id}"' in told
    elif "key" in command:
        assert len(told.strip().splitlines()[-1]) > 40
    elif "doctor" in command:
        assert "fit together" in told
    elif "scale" in command:
        assert len(deployment.containers("worker")) == 5
    elif "backup" in command:
        assert "backup.json" in told
    else:
        assert command == "logs worker"
        # What the workers said depends on the tests before this one.
        assert all("[worker]" in line for line in told.splitlines())


def test_a_worker_alone_as_on_another_machine(deployment: Deployment) -> None:
    """The folders, server names and network are those of the test; everything else is as the page says."""
    command = ALONE.replace("\\\n", " ").replace(
        "docker run", f"run --name {deployment.name('elsewhere')} --network NETWORK"
    )
    here = {
        "NETWORK": f"{deployment.project}_back",
        "$POSTGRES_PASSWORD@$INNER_ADDRESS": f"{deployment.secret('POSTGRES_PASSWORD')}@postgres",
        "$VALKEY_PASSWORD@$INNER_ADDRESS": f"{deployment.secret('VALKEY_PASSWORD')}@valkey",
        "/mnt/md5/bucket": str(deployment.volume("bucket")),
        "/mnt/md5/log": str(deployment.volume("log")),
    }
    for there, with_us in here.items():
        assert there in command
        command = command.replace(there, with_us)
    workers = deployment.containers("worker")
    for container in workers:
        deployment.podman("stop", "-t", "15", deployment.name(container))
    try:
        task_id = deployment.hand_over(b"abc")
        time.sleep(2)
        assert deployment.task(task_id)["status"] == "queued"
        deployment.podman(*shlex.split(command))
        assert deployment.ended(task_id, 60)["result"] == {"md5": "900150983cd24fb0d6963f7d28e17f72"}
        wait_for(lambda: f'"id":"{task_id}"' in deployment.log_path.read_text(), "its line in the log")
    finally:
        deployment.podman("rm", "-f", "-i", "-t", "0", deployment.name("elsewhere"))
        for container in workers:
            deployment.podman("start", deployment.name(container))


@pytest.mark.long
def test_a_backup_brings_all_back_after_everything_is_gone(podman: Podman, tmp_path: Path) -> None:
    begin, restore, go_on = re.findall(r"`([^`]+)`", RESTORE)
    with Deployment(podman, tmp_path, name="restored") as deployment:
        deployment.up()
        deployment.wait_until_ready()
        deployment.make_key()
        done = [deployment.hand_over(content) for content in (b"small", bytes(100_000))]
        before = [deployment.ended(task_id) for task_id in done]
        for container in deployment.containers("worker"):
            deployment.podman("stop", "-t", "0", deployment.name(container))
        waiting = deployment.hand_over(bytes(200_000))
        archive = podman.pipe(deployment.command("exec", "-T", "api", "md5-service", "backup", "-"), b"")
        deployment.compose("down", "-v", "--timeout", "1")
        assert deployment.containers() == []
        deployment.compose(*shlex.split(begin))
        assert restore.endswith(" <monday.tar")
        words = shlex.split(restore.removesuffix(" <monday.tar"))

        def bring_back() -> bool:
            """Repeated until the database is up."""
            with contextlib.suppress(AssertionError):
                podman.pipe(deployment.command(*words), archive)
                return True
            return False

        wait_for(bring_back, "the restore", every_s=1)
        deployment.compose(*shlex.split(go_on))
        deployment.wait_until_ready()
        assert [deployment.task(task_id) for task_id in done] == before
        assert deployment.ended(waiting)["result"] == {"md5": hashlib.md5(bytes(200_000)).hexdigest()}
        assert sorted(line["id"] for line in deployment.log_lines()) == sorted([*done, waiting])
        assert "fit together" in deployment.execute("api_1", "md5-service", "doctor")
