"""Every command in the README and in `docs/` does what it says."""

import contextlib
import hashlib
import re
import subprocess
import sys
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest

from md5_task_data import tasks
from md5_task_data.database.engine import Database
from tests.checkout import ROOT
from tests.client import IN_TIME_S, wait_for
from tests.cluster import BIN, Cluster, Member
from tests.documentation import PAGES, README, blocks, code, typed
from tests.servers.postgres import Postgres
from tests.servers.rabbitmq import RabbitMq
from tests.service import COMMAND, Service

CLIENTS = (  # any service runs their commands
    *(README, "docs/contacts.md", "docs/http.md", "docs/md5.md", "docs/phones.md", "docs/use.md"),
)
OTHERS = {  # the rest have tests of their own
    "docs/access.md": "test_keys_are_created_used_and_revoked",
    "docs/backup.md": "test_a_backup_is_made_and_restored",
    "docs/containers.md": "tests/deployment/test_containers_page.py",
    "docs/several-hosts.md": "test_the_processes_on_several_hosts_are_started",
    "docs/operations.md": "test_what_an_operator_asks",
    "docs/security.md": "tests/cli/test_signed_backup.py",
    "docs/upgrade.md": "test_an_upgrade",
}
RUNS = list(dict.fromkeys(block for page in CLIENTS for block in [*blocks(page), *typed(page)]))
LOCAL = ("./run", "./test")  # a service of one's own, not a client's command
ABC = hashlib.md5(b"abc").hexdigest()


def test_each_page_with_commands_is_run() -> None:
    assert {page for page in PAGES if blocks(page) or typed(page)} - {"CONTRIBUTING.md"} == {*CLIENTS, *OTHERS}
    here = Path(__file__).read_text()
    assert [test for test in OTHERS.values() if not (f"def {test}(" in here or (ROOT / test).is_file())] == []
    assert len(RUNS) >= 30
    assert RUNS[0] == LOCAL


# The task that was there before, by a word of the command: its file and kind.
FILES = {
    "contacts": ("partners.csv", "contacts"),
    "rejects": ("partners.csv", "contacts"),
    "phones": ("calls.log", "phones"),
}
# What a command prints, by a part of the command; the first match counts. ID is the task that was there before.
PRINTS = (
    ("| md5sum -c", r"^reads\.bam: OK$"),
    ("md5-service check", r"^reads\.bam: OK$"),
    ("log verify", r"\d+ lines"),
    ("log tail", '"id":'),
    ("/results", "^$"),
    ("rejects.csv", "3,invalid_address,"),
    ("put --kind contacts", '"rows": 2'),
    ("sort | uniq -c", r"^ +2 \+12024561111$"),
    ("put --kind phones", r"^\+12024561111\t1\t"),
    ("kind=phones", '"kind":"phones"'),
    ("phones.csv", "^'\\+12024561111,,US,"),
    ("/phones", '"number":"\\+12024561111"'),
    ("kind=contacts", '"kind":"contacts"'),
    ("/v1/contacts?", '"email":"kathy@example.org"'),
    ("tasks.csv", "ID"),
    ("status=failed", '"items":'),
    ("verdict=mismatch", '"items":'),
    ("/file", "^abc$"),
    ("/events", '"id":"ID"'),
    ("-X DELETE", '"outcome":"cancelled"'),
    ("/retry", '"retry_of":"ID"'),
    ("/tasks/ID", '"id":"ID"'),
    ("Prefer: wait=60", f'"md5":"{ABC}"'),
    ("curl -H 'Idempotency-Key", '"status":"queued"'),
    ("curl -F", '"status":"queued"'),
    ("curl -T", '"status":"queued"'),
    ("--no-wait", r"^[0-9a-f-]{36}"),
    ("md5-service cancel", "ID"),
    ("--verdict mismatch", "^$|^[0-9a-f-]{36}"),
    ("md5-service ls", "ID"),
    ("", ABC),
)


@pytest.mark.parametrize("commands", RUNS[1:], ids=lambda commands: commands[0][:60])
def test_the_commands_of_a_client_work(service: Service, tmp_path: Path, commands: tuple[str, ...]) -> None:
    for name in ("reads.fastq", "reads.fastq.gz", "reads.bam", "other.bam"):
        (tmp_path / name).write_bytes(b"abc")
    for name in ("partners.csv", "partner-a.csv", "partner-b.csv"):
        (tmp_path / name).write_text("name,email\nKathy,kathy@example.org\nBob,nobody\n")
    (tmp_path / "calls.log").write_text("call (202) 456-1111\nor +1 202 456 1111\n")
    (tmp_path / "MD5SUMS").write_text(f"{ABC}  reads.bam\n")
    batch = f"run7-{uuid.uuid4()}"
    for command in commands:
        with contextlib.ExitStack() as held:
            if "cancel" in command or ("DELETE" in command and "results" not in command):
                held.enter_context(service.without_workers())
                known = service.hand_over(b"abc", batch=batch)
            elif "retry" in command:
                with service.without_workers(), service.client() as client:
                    known = service.hand_over(b"abc", batch=batch)
                    client.delete(f"/v1/tasks/{known}")
            else:
                name, kind = next((file for word, file in FILES.items() if word in command), ("reads.bam", "md5"))
                known = service.hand_over((tmp_path / name).read_bytes(), batch=batch, kind=kind)
                service.ended(known)
            run(command.replace("run7", batch), known, service, tmp_path)


def run(command: str, known: str, service: Service, folder: Path) -> None:
    """Run it as a user of a service on this machine would; ID is the id of `known`."""
    expected = next(words for part, words in PRINTS if part in command)
    here = {
        "http://127.0.0.1:9000": service.url,
        "data/log/tasks.log": str(service.log_path),
        "curl ": "curl -sS ",
    }
    for there, with_us in here.items():
        command = command.replace(there, with_us)
    command = re.sub(r"(\.venv/bin/)?\bmd5-service\b", COMMAND, command)
    ran = subprocess.run(
        re.sub(r"\bID\b", known, command),
        shell=True,
        cwd=folder,
        env={"MD5_URL": service.url, "PATH": "/usr/bin:/bin"},
        capture_output=True,
        timeout=IN_TIME_S,
    )
    assert ran.returncode == 0, ran.stderr
    assert re.search(re.sub(r"\bID\b", known, expected), ran.stdout.decode(), re.M), ran.stdout


@pytest.mark.parametrize("example", code("docs/python.md", "python"), ids=["sync", "async"])
def test_an_example_in_python_works(service: Service, tmp_path: Path, example: str) -> None:
    (tmp_path / "reads.bam").write_bytes(b"abc")
    code = example.replace("http://127.0.0.1:9000", service.url)
    ran = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=IN_TIME_S)
    assert ran.returncode == 0, ran.stderr
    printed = ran.stdout.splitlines()
    if "follow" in example:
        assert printed[-1] == "done 3"
        return
    assert printed[:2] == ["3 of 3 bytes", f"done {{'md5': '{ABC}'}}"]
    assert "reads.bam" in printed[2]
    assert printed[-1].startswith("404 not_found There is no task")
    assert f"{ABC}  reads.bam\n" in (tmp_path / "run7.md5").read_text()


def test_the_example_in_python_for_phone_numbers_works(service: Service, tmp_path: Path) -> None:
    (tmp_path / "calls.log").write_text("call (202) 456-1111\n")
    (example,) = code("docs/phones.md", "python")
    source = example.replace("http://127.0.0.1:9000", service.url)
    ran = subprocess.run(
        [sys.executable, "-c", source], cwd=tmp_path, capture_output=True, text=True, timeout=IN_TIME_S
    )
    assert (ran.returncode, ran.stdout) == (0, "1 +12024561111 US call  (202) 456-1111\n"), ran.stderr


@pytest.mark.shows("md5-service up")
def test_run_starts_the_service_and_hands_its_arguments_on(tmp_path: Path) -> None:
    service = Service(tmp_path, {}, (str(ROOT / "run"),))
    try:
        service.start()
        assert service.ended(service.hand_over(b"abc"))["result"] == {"md5": ABC}
        with service.client() as client:
            assert "swagger-ui-bundle.js" in client.get("/docs").text
            assert "<div id=" in client.get("/").text
            assert "<h1" in client.get("/help/use/").text
    finally:
        service.end()


def test_keys_are_created_used_and_revoked(start_service: Callable[..., Service]) -> None:
    (block,) = blocks("docs/access.md")
    service = start_service(auth="keys")
    here = service.folder.parent
    (here / "reads.bam").write_bytes(b"abc")
    environment = {"PATH": f"{BIN}:/usr/bin:/bin"}
    told: dict[str, str] = {}
    assert block[0] == "MD5_AUTH=keys ./run --host 0.0.0.0"
    for typed_command in block[1:]:
        command = typed_command.replace("http://files.example:9000", service.url)
        if command.startswith("export"):
            environment["MD5_KEY"] = told["create"].strip()
            continue
        command = re.sub(r"\bID$", told.get("list", "").partition(" ")[0], command)
        ran = subprocess.run(
            command, shell=True, cwd=here, env=environment, capture_output=True, text=True, timeout=IN_TIME_S
        )
        assert ran.returncode == 0, (command, ran.stderr)
        told[next(word for word in ("create", "put", "list", "revoke", "curl") if word in command)] = ran.stdout
    assert told["put"] == f"{ABC}  reads.bam\n"
    assert '"filename":"reads.bam"' in told["curl"]
    key = {"Authorization": f"Bearer {environment['MD5_KEY']}"}
    with service.client() as client:
        wait_for(lambda: client.get("/v1/tasks", headers=key).status_code == 401, "the key to end")
    words = service.stderr_path.read_text() + service.log_path.read_text()
    assert environment["MD5_KEY"][-43:] not in words


def test_a_backup_is_made_and_restored(
    start_service: Callable[..., Service], tmp_path: Path, postgres: Postgres
) -> None:
    (block,) = blocks("docs/backup.md")
    service = start_service()
    kept = [service.hand_over(b"abc"), service.hand_over(bytes(100_000))]
    hosts = Cluster(tmp_path / "hosts", postgres.new_empty_database(), "memory://").environment
    environment = {"PATH": f"{BIN}:/usr/bin:/bin"}
    for command in block:
        if command.startswith("export"):
            environment |= {name: hosts[name] for name in re.findall(r"(\w+)=", command)}
            continue
        ran = subprocess.run(
            command.split(), cwd=service.folder.parent, env=environment, capture_output=True, text=True, timeout=60
        )
        assert ran.returncode == 0, (command, ran.stderr)
    assert len(kept) == 2
    with Database(environment["MD5_DATABASE_URL"]).reading() as db:
        assert {row["id"] for row in tasks.rows(db, kept)} == set(kept)


def test_an_upgrade(tmp_path: Path, postgres: Postgres) -> None:
    (block,) = blocks("docs/upgrade.md")
    cluster = Cluster(tmp_path, postgres.new_database(), "memory://")
    environment = {"PATH": f"{BIN}:/usr/bin:/bin"}
    for command in block:
        if command.startswith("export"):
            environment |= {name: cluster.environment[name] for name in re.findall(r"(\w+)=", command)}
            continue
        subprocess.run(command.split(), cwd=tmp_path, env=environment, check=True, timeout=60)
    assert (tmp_path / "before-the-upgrade.tar").stat().st_size > 0


def test_what_an_operator_asks(start_service: Callable[..., Service]) -> None:
    (block,) = blocks("docs/operations.md")
    service = start_service()
    service.ended(service.hand_over(b"abc"))
    printed = []
    for command in block:
        ran = subprocess.run(
            command.replace("http://127.0.0.1:9000", service.url),
            shell=True,
            cwd=service.folder.parent,  # its folder is `data`, where doctor looks
            env={"PATH": f"{BIN}:/usr/bin:/bin"},
            capture_output=True,
            text=True,
            timeout=IN_TIME_S,
        )
        assert ran.returncode == 0, ran
        printed.append(ran.stdout)
    ready, stats, doctor = printed
    assert '"database":"ok"' in ready
    assert '"status":"done","tasks":1' in stats
    assert "fit together" in doctor


@pytest.mark.shows("md5-service migrate")
def test_the_processes_on_several_hosts_are_started(tmp_path: Path, postgres: Postgres, rabbitmq: RabbitMq) -> None:
    (block,) = blocks("docs/several-hosts.md")
    exported = dict(word.split("=", 1) for line in block if line.startswith("export") for word in line.split()[1:])
    migrate, *members = [line.split() for line in block if not line.startswith("export")]
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
        assert cluster.ended(cluster.hand_over(b"abc"))["result"] == {"md5": ABC}
    finally:
        cluster.end()
