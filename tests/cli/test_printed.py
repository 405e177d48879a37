"""What commands print: untrusted text does not affect a terminal, and an unwritable stream does not affect the work."""

import contextlib
import json
import os
import re
import signal
import subprocess
import tarfile
from io import BytesIO
from pathlib import Path

import httpx2
import pytest

from tests import forked
from tests.cli.terminal import on_a_terminal, terminal
from tests.client import TLS, Client, wait_for
from tests.servers.server import free_port
from tests.service import COMMAND, Service

# Colours, the window's title, a cleared screen, an 8-bit CSI, an overwritten line, right-to-left text.
ODD = "\x1b[31m\x1b]0;owned\x07\x1b[2J\x9b1m\rOK\u202e\x7f"
CONTROLS = [*map(chr, range(32)), *map(chr, range(127, 160)), "\u202e"]


def run(*arguments: str, url: str = "", folder: Path | None = None) -> subprocess.CompletedProcess[bytes]:
    return forked.run([COMMAND, *arguments], os.environ | {"MD5_URL": url}, folder or Path.cwd())


def controls_in(printed: bytes | str) -> set[str]:
    text = printed if isinstance(printed, str) else printed.decode()
    return {character for character in text if character in CONTROLS} - {"\n"}


def test_the_reason_of_a_failed_task_with_headers_of_a_csv(service: Service, tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text(f"name,{ODD}\nAda,ada@example.org\n")
    arguments = ["put", "--kind", "contacts", "--param", "email_column=mail", str(tmp_path / "list.csv")]
    put = run(*arguments, url=service.url)
    assert put.returncode == 1
    assert b"the columns are: name, " in put.stderr
    assert b"owned" in put.stderr
    assert controls_in(put.stderr) == set()
    task_id = put.stderr.decode().split()[0]
    assert controls_in(run("get", task_id, url=service.url).stderr) == set()


def test_names_on_a_terminal_and_as_they_are_in_a_pipe(service: Service, tmp_path: Path) -> None:
    (tmp_path / ODD).write_bytes(b"abc")
    put = run("put", ODD, url=service.url, folder=tmp_path)
    assert put.stdout == subprocess.run(["md5sum", ODD], cwd=tmp_path, capture_output=True).stdout
    assert controls_in(put.stderr) == set()
    task_id = put.stderr.decode().split()[0]
    (tmp_path / "MD5SUMS").write_bytes(put.stdout)
    for arguments in (
        ["put", ODD],
        ["get", task_id],
        ["get", task_id, "--json"],
        ["ls", "--name", "owned"],
        ["check", "MD5SUMS"],
        ["log", "tail", str(service.log_path)],
    ):
        where = [] if arguments[0] == "log" else ["--url", service.url]
        shown = on_a_terminal(*arguments, *where, columns=400, folder=tmp_path).replace("\r\n", "\n")
        assert "owned" in shown, arguments
        assert controls_in(shown) == set(), arguments
    assert json.loads(run("get", task_id, "--json", url=service.url).stdout)["filename"] == ODD


def test_names_on_a_terminal_that_has_few_characters(service: Service, tmp_path: Path) -> None:
    (tmp_path / "é😀").write_bytes(b"abc")
    environment = os.environ | {"PYTHONIOENCODING": "latin-1", "TERM": "dumb"}
    arguments = [COMMAND, "put", "é😀", "--url", service.url]
    with terminal() as (secondary, shown):
        ran = subprocess.run(arguments, cwd=tmp_path, env=environment, stdout=secondary, stderr=subprocess.PIPE)
        assert (ran.returncode, shown().rstrip()) == (0, b"900150983cd24fb0d6963f7d28e17f72  \xe9\\U0001f600")


def test_members_of_an_archive(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "b.tar", "w") as archive:
        member = tarfile.TarInfo(ODD)
        member.size = 3
        archive.addfile(member, BytesIO(b"abc"))
    restored = run("restore", "b.tar", "--data", "other", folder=tmp_path)
    assert restored.returncode == 2
    assert controls_in(restored.stderr) == set()


def test_names_that_the_doctor_finds(service: Service, tmp_path: Path) -> None:
    environment = os.environ | {f"MD5_{ODD}": "1"}
    found = forked.run([COMMAND, "doctor", "--data", str(service.folder)], environment, tmp_path)
    assert (found.returncode, b"owned" in found.stdout) == (1, True)
    assert controls_in(found.stdout) == set()


@pytest.mark.parametrize(
    "command", ["put a --url {url}", "ls --url {url}", "log tail {log}", "log verify {log}", "doctor --data {data}"]
)
def test_a_full_disk_is_told_and_is_1(service: Service, tmp_path: Path, command: str) -> None:
    (tmp_path / "a").write_bytes(b"abc")
    service.ended(service.hand_over(b"abc"))
    words = command.format(url=service.url, log=service.log_path, data=service.folder)
    for stream, why in ((">/dev/full", b"No space left on device"), (">&-", b"Bad file descriptor")):
        shell = f"exec {COMMAND} {words} {stream}"
        ended = subprocess.run(["sh", "-c", shell], cwd=tmp_path, capture_output=True)
        assert ended.returncode == 1, ended.stderr
        assert ended.stderr.endswith(b"md5-service: the results cannot be written: " + why + b"\n"), ended.stderr


@pytest.mark.parametrize("words", ["--help", "put --help"])
def test_help_that_cannot_be_written_is_one_line(words: str) -> None:
    ended = subprocess.run(["sh", "-c", f"exec {COMMAND} {words} >/dev/full"], capture_output=True)
    assert (ended.returncode, ended.stderr.count(b"\n")) == (1, 1), ended.stderr


@pytest.mark.parametrize(("stream", "why"), [(">/dev/full", "No space left on device"), (">&-", "Bad file descriptor")])
def test_a_backup_that_cannot_be_written_is_2(service: Service, stream: str, why: str) -> None:
    shell = f"exec {COMMAND} backup - --data {service.folder} {stream}"
    ended = subprocess.run(["sh", "-c", shell], capture_output=True, text=True)
    assert (ended.returncode, ended.stderr) == (2, f"md5-service: standard input or output: {why}\n")


def test_results_come_above_the_bars_of_a_progress(service: Service, tmp_path: Path) -> None:
    """Both go to the same terminal."""
    (tmp_path / "a").write_bytes(b"abc")
    environment = os.environ | {"COLUMNS": "200", "TERM": "xterm"}
    arguments = [COMMAND, "put", "a", "--url", service.url]
    with terminal() as (secondary, shown):
        subprocess.run(
            arguments, cwd=tmp_path, env=environment, stdin=secondary, stdout=secondary, stderr=secondary, check=True
        )
        assert re.search(rb"(^|\n|\r|\x1b\[2K)900150983cd24fb0d6963f7d28e17f72  a\r?\n", said := shown()), said


def test_a_key_that_nobody_saw_is_told_with_its_id(service: Service) -> None:
    shell = f"exec {COMMAND} key create someone --data {service.folder} >/dev/full"
    ended = subprocess.run(["sh", "-c", shell], capture_output=True, text=True)
    assert ended.returncode == 1
    assert "the new key could not be shown; revoke it: `md5-service key revoke " in ended.stderr


def test_ids_that_nobody_reads_stop_no_hand_over(service: Service, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc")
    md5 = subprocess.run(["md5sum", "a"], cwd=tmp_path, capture_output=True).stdout
    for stream in ("2>/dev/full", "2>&-"):
        shell = f"exec {COMMAND} put a --url {service.url} {stream}"
        assert subprocess.run(["sh", "-c", shell], cwd=tmp_path, stdout=subprocess.PIPE).stdout == md5


def test_a_standard_input_that_is_closed_is_not_an_empty_file(service: Service, tmp_path: Path) -> None:
    (tmp_path / "MD5SUMS").write_bytes(b"d41d8cd98f00b204e9800998ecf8427e  -\n")
    for command, code in (("put -", 1), ("check -", 1), ("check MD5SUMS", 1), ("restore -", 2)):
        url = "" if command == "restore -" else f" --url {service.url}"
        ended = subprocess.run(["sh", "-c", f"exec {COMMAND} {command}{url} <&-"], cwd=tmp_path, capture_output=True)
        assert (ended.returncode, b"d41d8" in ended.stdout, b": OK" in ended.stdout) == (code, False, False)
        assert b"Traceback" not in ended.stderr


STREAMS = {
    "closed": "<&- >&- 2>&-",
    "read by nobody": "",
    "full": ">/dev/full 2>/dev/full",
    "stderr alone closed": "2>&-",
}
IN_SHORT = ("closed", "read by nobody")


@pytest.mark.parametrize(
    "streams", [pytest.param(name, marks=() if name in IN_SHORT else pytest.mark.long) for name in STREAMS]
)
def test_up_works_whatever_becomes_of_its_streams(tmp_path: Path, streams: str) -> None:
    port = free_port()
    service = Client()
    service.url, service.log_path = f"http://127.0.0.1:{port}", tmp_path / "data" / "log" / "tasks.log"
    shell = f"exec {COMMAND} up --port {port} --data {tmp_path}/data --workers 1 {STREAMS[streams]}"
    reading, writing = os.pipe()
    os.close(reading)
    with subprocess.Popen(["sh", "-c", shell], stdout=writing, stderr=writing, start_new_session=True) as up:
        os.close(writing)
        try:

            def is_ready() -> bool:
                assert up.poll() is None
                with contextlib.suppress(httpx2.TransportError):
                    return httpx2.get(f"{service.url}/readyz", verify=TLS).status_code == 200
                return False

            wait_for(is_ready, "the service to be ready")
            assert service.ended(service.hand_over(b"abc"))["outcome"] == "done"
            up.send_signal(signal.SIGTERM)
            wait_for(lambda: up.poll() is not None, "it to stop")
            assert up.returncode == 0
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(up.pid, signal.SIGKILL)
    (line,) = service.log_lines()
    assert line["outcome"] == "done"


@pytest.mark.long  # the short form is in test_launcher.py
def test_up_does_not_say_that_it_is_ready_while_its_workers_die(tmp_path: Path) -> None:
    arguments = ["up", "--port", "0", "--data", str(tmp_path / "data")]
    environment = os.environ | {"MD5_ALIVE_FILE": str(tmp_path / "no folder" / "alive")}
    ended = forked.run([COMMAND, *arguments], environment, tmp_path)
    assert (ended.returncode, ended.stdout) == (2, b""), ended.stderr
    assert b"worker" in (last := ended.stderr.splitlines()[-1])
    assert last.endswith(b" does not stay up; see its messages above")
