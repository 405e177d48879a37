"""Every command of the README does what it says."""

import contextlib
import hashlib
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from md5_task_data import tasks
from md5_task_data.database.engine import Database
from tests.checkout import ROOT
from tests.client import IN_TIME_S, wait_for
from tests.cluster import BIN, Cluster, Member
from tests.servers.postgres import Postgres
from tests.servers.rabbitmq import RabbitMq
from tests.service import COMMAND, Service

README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"^```sh\n(.*?)^```", README, re.M | re.S)
EXAMPLES = re.findall(r"^```python\n(.*?)^```", README, re.M | re.S)
IN_BLOCKS = [line for block in BLOCKS if not re.search("celery|MD5_AUTH|backup", block) for line in block.splitlines()]
IN_TEXT = re.findall(r"`((?:\.venv/bin/md5-service|curl|cat|\./run) [^`]+)`", README)
COMMANDS = [line.partition("#")[0].strip().replace("\\|", "|") for line in [*IN_BLOCKS, *IN_TEXT]]
CLIENTS = [command for command in COMMANDS if command.startswith((".venv/bin/md5-service", "curl", "cat"))]


def test_the_commands_are_found() -> None:
    assert COMMANDS[:2] == ["./run", "./test"]
    assert len(CLIENTS) >= 10


@pytest.mark.parametrize("command", CLIENTS)
def test_a_command_of_the_readme_works(service: Service, tmp_path: Path, command: str) -> None:
    for name in ("reads.fastq.gz", "reads.bam", "other.bam"):
        (tmp_path / name).write_bytes(b"abc")
    (tmp_path / "partners.csv").write_text("name,email\nKathy,kathy@example.org\nBob,nobody\n")
    (tmp_path / "MD5SUMS").write_text(f"{hashlib.md5(b'abc').hexdigest()}  reads.bam\n")
    with contextlib.ExitStack() as held:
        if ("DELETE" in command and "results" not in command) or "cancel" in command:
            held.enter_context(service.without_workers())
            known = service.hand_over(b"abc", batch="run7")
        elif "retry" in command:
            with service.without_workers(), service.client() as client:
                known = service.hand_over(b"abc", batch="run7")
                client.delete(f"/v1/tasks/{known}")
        elif "rejects" in command:
            known = service.hand_over((tmp_path / "partners.csv").read_bytes(), kind="contacts")
            service.ended(known)
        else:
            known = service.hand_over(b"abc", batch="run7")
            service.ended(known)
        run(command, known, service, tmp_path)


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_in_python_works(service: Service, tmp_path: Path, example: str) -> None:
    (tmp_path / "reads.bam").write_bytes(b"abc")
    code = example.replace("http://127.0.0.1:9000", service.url)
    ran = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=IN_TIME_S)
    assert ran.returncode == 0, ran.stderr
    printed = ran.stdout.splitlines()
    if "follow" in example:
        assert printed[-1] == "done 3"
        return
    digest = hashlib.md5(b"abc").hexdigest()
    assert printed[:2] == ["3 of 3 bytes", f"done {{'md5': '{digest}'}}"]
    assert "reads.bam" in printed[2]
    assert printed[-1].startswith("404 not_found There is no task")
    assert f"{digest}  reads.bam\n" in (tmp_path / "run7.md5").read_text()


def run(command: str, known: str, service: Service, tmp_path: Path) -> None:
    here = {
        "http://127.0.0.1:9000": service.url,
        ".venv/bin/md5-service": COMMAND,
        "data/log/tasks.log": str(service.log_path),
        "curl ": "curl -sS ",
    }
    for there, with_us in here.items():
        command = command.replace(there, with_us)
    command = re.sub(r"\bID\b", known, command)
    ran = subprocess.run(
        command,
        shell=True,
        cwd=tmp_path,
        env={"MD5_URL": service.url, "PATH": "/usr/bin:/bin"},
        capture_output=True,
        timeout=IN_TIME_S,
    )
    assert ran.returncode == 0, ran.stderr
    if "results" in command:
        assert ran.stdout == b""
    elif "log verify" not in command:
        told = ran.stdout.decode()
        assert (
            known in told
            or told in ("abc", "reads.bam: OK\n")
            or hashlib.md5(b"abc").hexdigest() in told
            or '"rows": 2' in told
            or "3,invalid_address," in told
            or re.search(r"[0-9a-f]{8}-[0-9a-f-]{27}|\"items\"", told)
        )


@pytest.mark.shows("md5-service up")
def test_run_starts_the_service_and_hands_its_arguments_on(tmp_path: Path) -> None:
    service = Service(tmp_path, {}, (str(ROOT / "run"),))
    try:
        service.start()
        assert service.ended(service.hand_over(b"abc"))["result"] == {"md5": hashlib.md5(b"abc").hexdigest()}
        with service.client() as client:
            assert "swagger-ui-bundle.js" in client.get("/docs").text
            assert "<div id=" in client.get("/").text
    finally:
        service.end()


def test_keys_are_made_used_and_revoked_as_the_readme_says(start_service: Callable[..., Service]) -> None:
    (block,) = [block for block in BLOCKS if "MD5_AUTH" in block]
    service = start_service(auth="keys")
    here = service.folder.parent
    (here / "reads.bam").write_bytes(b"abc")
    environment = {"PATH": f"{BIN}:/usr/bin:/bin"}
    told: dict[str, str] = {}
    for line in block.splitlines()[1:]:
        command = line.partition("#")[0].strip().replace("http://files.example:9000", service.url)
        if command.startswith("export"):
            environment["MD5_KEY"] = told["create"].strip()
            continue
        command = re.sub(r"\bID$", told.get("list", "").partition(" ")[0], command.removeprefix(".venv/bin/"))
        ran = subprocess.run(
            command, shell=True, cwd=here, env=environment, capture_output=True, text=True, timeout=IN_TIME_S
        )
        assert ran.returncode == 0, (command, ran.stderr)
        told[next(word for word in ("create", "put", "list", "revoke", "curl") if word in command)] = ran.stdout
    assert told["put"] == f"{hashlib.md5(b'abc').hexdigest()}  reads.bam\n"
    assert '"filename":"reads.bam"' in told["curl"]
    key = {"Authorization": f"Bearer {environment['MD5_KEY']}"}
    with service.client() as client:
        wait_for(lambda: client.get("/v1/tasks", headers=key).status_code == 401, "the key to end")
    words = service.stderr_path.read_text() + service.log_path.read_text()
    assert environment["MD5_KEY"][-43:] not in words


def test_a_backup_is_made_and_brought_back_as_the_readme_says(
    start_service: Callable[..., Service], tmp_path: Path, postgres: Postgres
) -> None:
    (block,) = [block for block in BLOCKS if "backup" in block]
    service = start_service()
    kept = [service.hand_over(b"abc"), service.hand_over(bytes(100_000))]
    hosts = Cluster(tmp_path / "hosts", postgres.new_empty_database(), "memory://").environment
    environment = {"PATH": f"{BIN}:/usr/bin:/bin"}
    for line in block.splitlines():
        command = line.partition("#")[0].strip()
        if command.startswith("export"):
            environment |= {name: hosts[name] for name in re.findall(r"(\w+)=", command)}
            continue
        words = command.removeprefix(".venv/bin/").split()
        ran = subprocess.run(
            words, cwd=service.folder.parent, env=environment, capture_output=True, text=True, timeout=60
        )
        assert ran.returncode == 0, (command, ran.stderr)
    assert len(kept) == 2
    with Database(environment["MD5_DATABASE_URL"]).reading() as db:
        assert {row["id"] for row in tasks.rows(db, kept)} == set(kept)


@pytest.mark.shows("md5-service migrate")
def test_the_processes_on_several_hosts_are_started_as_the_readme_says(
    tmp_path: Path, postgres: Postgres, rabbitmq: RabbitMq
) -> None:
    (block,) = [block for block in BLOCKS if "celery" in block]
    lines = [line.partition("#")[0].strip() for line in block.splitlines()]
    exported = dict(word.split("=", 1) for line in lines if line.startswith("export") for word in line.split()[1:])
    migrate, *members = [line.split() for line in lines if not line.startswith("export")]
    cluster = Cluster(tmp_path, postgres.new_database(), rabbitmq.url)
    assert {name for name in cluster.environment if name.startswith("MD5_")} == set(exported)
    subprocess.run(
        [migrate[0].replace(".venv/bin", str(BIN)), *migrate[1:]], env=cluster.environment, check=True, timeout=60
    )
    here = {"9000": cluster.url.rsplit(":", 1)[1]}
    cluster.members = {
        words[0] + str(number): Member(
            words[0], [here.get(word, word.replace(".venv/bin", str(BIN))) for word in words]
        )
        for number, words in enumerate(members)
    }
    try:
        cluster.start(migrate=False)
        assert cluster.ended(cluster.hand_over(b"abc"))["result"] == {"md5": hashlib.md5(b"abc").hexdigest()}
    finally:
        cluster.end()
