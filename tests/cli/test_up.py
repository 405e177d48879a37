"""`md5-service up`: its messages when it cannot start, and how it recovers after it was killed."""

import os
import socket
import sqlite3
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from md5_service.cli.folder import DataFolder
from tests import forked
from tests.client import wait_for
from tests.service import COMMAND, Service


def up(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    return forked.as_text(forked.run([COMMAND, "up", *arguments], os.environ | settings, Path.cwd()))


def assert_one_clear_line(ended: subprocess.CompletedProcess[str], *words: str) -> None:
    assert ended.returncode == 2
    assert ended.stdout == ""
    (line,) = ended.stderr.splitlines()
    assert line.startswith("md5-service: ")
    assert all(word in line for word in words), line


def test_a_port_in_use(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert_one_clear_line(up("--port", port, "--data", str(tmp_path)), port, "in use", "--port")


@pytest.mark.parametrize("host", ["::1", "[::1]"])
def test_an_ipv6_address_as_it_is_or_as_it_stands_in_urls(tmp_path: Path, host: str) -> None:
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as taken:
        port = str(taken.getsockname()[1])
        assert_one_clear_line(
            up("--host", host, "--port", port, "--data", str(tmp_path)), f"on ::1 port {port}", "in use"
        )


@pytest.mark.parametrize("host", ["", " ", "[]"])
def test_an_empty_host(tmp_path: Path, host: str) -> None:
    assert_one_clear_line(up("--host", host, "--data", str(tmp_path), MD5_AUTH="none"), "--host is empty")


@pytest.mark.parametrize("command", ["backup", "restore"])
def test_an_empty_archive_is_none(tmp_path: Path, command: str) -> None:
    ended = forked.as_text(forked.run([COMMAND, command, ""], os.environ, tmp_path))
    assert (ended.returncode, ended.stdout, "it is empty" in ended.stderr) == (2, "", True)


@pytest.mark.parametrize("command", ["up", "doctor", "backup b.tar", "restore b.tar", "key list"])
def test_an_empty_folder_is_none(tmp_path: Path, command: str) -> None:
    """For example `--data "$DATA"` with an unset variable: it would mean the current folder."""
    ended = forked.as_text(forked.run([COMMAND, *command.split(), "--data", ""], os.environ, tmp_path))
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "'--data': it is empty" in ended.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("host", ["192.0.2.1", "no-such-host.invalid"])
def test_an_address_that_is_not_ours(tmp_path: Path, host: str) -> None:
    assert_one_clear_line(up("--host", host, "--data", str(tmp_path), MD5_AUTH="none"), host)


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert_one_clear_line(up("--port", "0", "--data", f"{tmp_path}/file/data"), "file/data", "Not a directory")


def test_a_second_one_on_the_same_folder(start_service: Callable[..., Service]) -> None:
    service = start_service()
    ended = up("--port", "0", "--data", str(service.folder))
    assert_one_clear_line(ended, "in use", str(service.supervisor.pid))
    assert service.ended(service.hand_over(b"abc"))["outcome"] == "done"  # the first one keeps running


@pytest.mark.shows("a wrong setting stops the start with one line")
@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("MD5_LEASE_S", "soon"),
        ("MD5_AUTH", "secret"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, setting: str, value: str) -> None:
    assert_one_clear_line(up("--port", "0", "--data", str(tmp_path), **{setting: value}), setting)


def test_a_database_that_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "md5.sqlite3").write_bytes(b"this is no database, whatever its name says" * 100)
    assert_one_clear_line(up("--port", "0", "--data", str(tmp_path)), "database")


def test_a_database_of_a_newer_version(tmp_path: Path, start_service: Callable[..., Service]) -> None:
    service = start_service()
    service.stop()
    with sqlite3.connect(service.folder / "md5.sqlite3") as db:
        db.execute("UPDATE alembic_version SET version_num = '9999'")
    db.close()
    assert_one_clear_line(up("--port", "0", "--data", str(service.folder)), "version")


@pytest.mark.shows("an address that others reach must be asked for")
def test_an_open_address_must_be_asked_for(tmp_path: Path) -> None:
    assert_one_clear_line(up("--host", "0.0.0.0", "--port", "0", "--data", str(tmp_path)), "0.0.0.0", "MD5_AUTH=none")


def test_what_a_killed_one_left_running_is_ended_by_the_next(start_service: Callable[..., Service]) -> None:
    service = start_service()
    task_id = service.hand_over(b"abc")
    before = {process.pid for process in service.processes()}
    service.kill_supervisor()
    service.start()
    assert before.isdisjoint(process.pid for process in service.processes() if process.status() != "zombie")
    assert service.ended(task_id)["outcome"] == "done"


def test_what_was_half_received_is_cleared_away(start_service: Callable[..., Service]) -> None:
    service = start_service()
    port = int(service.url.rsplit(":", 1)[1])
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(
            b"POST /v1/tasks HTTP/1.1\r\nHost: localhost\r\nIdempotency-Key: k\r\nContent-Length: 9000000\r\n\r\n"
            + b"x" * 3_000_000
        )
        incoming = service.folder / "bucket" / "tmp"
        wait_for(lambda: list(incoming.iterdir()), "the first bytes")
        service.kill_tree()
    assert list(incoming.iterdir()) != []
    service.start()
    assert list(incoming.iterdir()) == []
    with service.client() as client:  # the idempotency key was released
        assert client.post("/v1/tasks", content=b"abc", headers={"Idempotency-Key": "k"}).status_code == 202


def test_a_name_that_is_no_setting_is_told(start_service: Callable[..., Service]) -> None:
    service = start_service(max_upload_byte=5)
    told = "MD5_MAX_UPLOAD_BYTE is not a setting, and has no effect; did you mean MD5_MAX_UPLOAD_BYTES?"
    assert f"md5-service: {told}\n" in service.stderr_path.read_text()


def test_a_folder_with_a_long_and_odd_name_works_and_is_private(tmp_path: Path) -> None:
    service = Service(tmp_path / ("a b?%#é" + "x" * 120), {})
    try:
        service.start()
        assert service.ended(service.hand_over(b"abc" * 10_000))["outcome"] == "done"
        kept = [service.folder, *service.folder.rglob("*")]
        assert {path.name for path in kept} >= {"md5.sqlite3-wal", "tasks.log", "bucket", "up.lock"}
        assert [path for path in kept if path.stat().st_mode & 0o077] == []  # other users have no access
    finally:
        service.end()


def test_a_folder_that_was_open_is_private_from_now_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for number, left in enumerate(["up.lock", None]):  # by an earlier version; None: the folder is empty
        folder = tmp_path / str(number)
        folder.mkdir(mode=0o755)
        if left:
            (folder / left).touch()
        DataFolder(folder).take()
        assert folder.stat().st_mode & 0o777 == 0o700
        assert capsys.readouterr().err.splitlines() == [
            f"md5-service: the folder {folder} was open to other users, and is private now"
        ]


def test_an_open_folder_with_other_things_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes").touch()
    tmp_path.chmod(0o755)
    assert_one_clear_line(up("--port", "0", "--data", str(tmp_path)), str(tmp_path), "other files", "chmod 700")
    assert tmp_path.stat().st_mode & 0o777 == 0o755


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_a_folder_of_another_user_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    os.chown(folder, 12345, 12345)
    assert_one_clear_line(up("--port", "0", "--data", str(folder)), str(folder), "another user", "--data")
    assert list(folder.iterdir()) == []


def test_a_lock_that_is_a_link_is_not_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("kept")
    (tmp_path / "data").mkdir(mode=0o700)
    (tmp_path / "data" / "up.lock").symlink_to(victim)
    assert_one_clear_line(up("--port", "0", "--data", str(tmp_path / "data")), "symbolic links")
    assert victim.read_text() == "kept"
