"""`put`, `get` and `log verify`, compared with what md5sum prints."""

import io
import json
import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from md5_service.client import Changed, Client
from tests import forked
from tests.cli.odd_names import ODD_NAMES
from tests.client import IN_TIME_S, wait_for
from tests.service import COMMAND, Service


def run(
    *arguments: str | bytes, url: str, stdin: bytes = b"", folder: Path | None = None
) -> subprocess.CompletedProcess[bytes]:
    return forked.run([COMMAND, *arguments], os.environ | {"MD5_URL": url}, folder or Path.cwd(), stdin)


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A folder of files with odd names."""
    folder = tmp_path / "files"
    folder.mkdir()
    for number, name in enumerate(ODD_NAMES):
        Path(os.fsdecode(os.fsencode(folder) + b"/" + name)).write_bytes(b"x" * number * 1000)
    return folder


@pytest.mark.shows("md5-service put", "exit code 0")
def test_the_output_is_that_of_md5sum(service: Service, files: Path) -> None:
    put = run("put", *ODD_NAMES, url=service.url, folder=files)
    assert put.returncode == 0, put.stderr
    md5sum = subprocess.run(["md5sum", *ODD_NAMES], cwd=files, capture_output=True)
    unescaped_by_old_coreutils = b"carriage"
    assert [line for line in put.stdout.splitlines() if unescaped_by_old_coreutils not in line] == [
        line for line in md5sum.stdout.splitlines() if unescaped_by_old_coreutils not in line
    ]
    assert len(put.stderr.splitlines()) >= len(ODD_NAMES)  # an id for each


def test_md5sum_accepts_the_output(service: Service, files: Path) -> None:
    names = [name for name in ODD_NAMES if b"\r" not in name]
    put = run("put", *names, url=service.url, folder=files)
    checked = subprocess.run(["md5sum", "--strict", "-c", "-"], cwd=files, input=put.stdout, capture_output=True)
    assert checked.returncode == 0, checked.stderr
    assert checked.stdout.count(b": OK") == len(names)


def test_a_path_is_the_name_as_it_was_given(service: Service, files: Path) -> None:
    for path in (str(files / "plain"), "./plain", "../files/plain"):
        put = run("put", "--json", path, url=service.url, folder=files)
        assert json.loads(put.stdout)["filename"] == path
    assert run("put", str(files / "plain"), url=service.url).stdout.endswith(f"  {files}/plain\n".encode())


@pytest.mark.shows("md5-service put")
def test_the_standard_input_is_a_file(service: Service) -> None:
    put = run("put", "-", url=service.url, stdin=b"abc")
    assert put.stdout == b"900150983cd24fb0d6963f7d28e17f72  -\n"


@pytest.mark.shows("md5-service get")
def test_ids_at_once_and_results_later(service: Service, files: Path) -> None:
    put = run("put", "--no-wait", "plain", "two words", url=service.url, folder=files)
    ids = put.stdout.decode().split()
    assert len(ids) == 2
    got = run("get", "--wait", "30", ids[1], url=service.url)
    assert got.stdout == f"{service.ended(ids[1])['result']['md5']}  two words\n".encode()


def test_a_file_that_is_not_there_spoils_only_itself(service: Service, files: Path) -> None:
    put = run("put", "plain", "missing", "two words", ".", url=service.url, folder=files)
    assert put.returncode == 1
    assert len(put.stdout.splitlines()) == 2
    assert b"missing: No such file" in put.stderr
    assert b".: Is a directory" in put.stderr


@pytest.mark.shows("exit code 1")
@pytest.mark.parametrize(("expected", "code"), [("900150983cd24fb0d6963f7d28e17f72", 0), ("0" * 32, 1)])
def test_a_digest_that_is_not_the_expected_one_is_1(service: Service, expected: str, code: int) -> None:
    put = run("put", "--param", f"expected_md5={expected}", "-", url=service.url, stdin=b"abc")
    assert put.returncode == code
    assert (b"does not match the expected" in put.stderr) == bool(code)
    assert put.stdout.startswith(b"900150983cd24fb0d6963f7d28e17f72")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--kind", "sha1"), b"one of: md5"),
        (("--param", "expected_md5=x"), b"32 hexadecimal"),
    ],
)
def test_what_the_service_refuses_is_1_and_says_why(service: Service, arguments: tuple[str, ...], words: bytes) -> None:
    put = run("put", *arguments, "-", url=service.url, stdin=b"abc")
    assert put.returncode == 1
    assert words in put.stderr


@pytest.mark.shows("exit code 2")
def test_usage_is_2(service: Service) -> None:
    for arguments in (["put"], ["put", "--param", "x", "-"], ["nonsense"], ["get"]):
        assert run(*arguments, url=service.url).returncode == 2


@pytest.mark.parametrize(
    "wrong", [["--url", "foo"], ["--url", "ftp://x"], ["--url", "http://"], ["--key", "é"], ["--key", "a\nb"]]
)
def test_an_address_or_a_key_that_is_none_is_2(wrong: list[str]) -> None:
    assert run("ls", *wrong, url="http://127.0.0.1:9").returncode == 2


def test_results_that_nobody_takes(service: Service, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc")
    command = f"{COMMAND} put {tmp_path}/a --url {service.url}"
    closed = subprocess.run(["sh", "-c", f"{command} >&-"], capture_output=True, timeout=IN_TIME_S)
    assert (closed.returncode, b"cannot be written" in closed.stderr, b"Traceback" in closed.stderr) == (1, True, False)
    piped = subprocess.run(["sh", "-c", f"{command} | true"], capture_output=True, timeout=IN_TIME_S)
    assert b"written" not in piped.stderr


@pytest.mark.shows("exit code 3")
def test_a_service_that_does_not_answer_is_3(files: Path) -> None:
    for arguments in (["put", str(files / "plain")], ["get", "01a201f5-3560-7681-96d2-5d5d82951648"]):
        ended = run(*arguments, url="http://127.0.0.1:9")
        assert ended.returncode == 3
        assert b"is the service running" in ended.stderr


def test_get_of_an_unknown_id_is_1(service: Service) -> None:
    ended = run("get", "01a201f5-3560-7681-96d2-5d5d82951648", url=service.url)
    assert (ended.returncode, ended.stdout) == (1, b"")
    assert b"There is no task" in ended.stderr


@pytest.mark.shows("exit code 124")
def test_get_of_what_has_not_ended_is_124(service: Service) -> None:
    with service.without_workers():
        task_id = service.hand_over(b"abc", name="held up")
        ended = run("get", "--wait", "1", task_id, url=service.url)
        assert (ended.returncode, ended.stdout) == (124, b"")
        assert b"held up: queued" in ended.stderr
    assert service.ended(task_id)["outcome"] == "done"


@pytest.mark.parametrize("task_id", ["", "../../healthz", "a\nb", "?limit=1", "é" * 36])
def test_what_is_no_id_is_1_and_asks_nobody(task_id: str) -> None:
    ended = run("get", task_id, url="http://127.0.0.1:9")
    assert (ended.returncode, ended.stdout) == (1, b"")
    assert b"is not an id" in ended.stderr


def test_files_that_do_not_say_their_size(service: Service, tmp_path: Path) -> None:
    (tmp_path / "half").write_bytes(b"abcdef")
    with open(tmp_path / "half", "rb") as stdin:
        stdin.seek(3)  # as after `read` in a shell script
        environment = os.environ | {"MD5_URL": service.url}
        half = forked.run([COMMAND, "put", "-", "-"], environment, tmp_path, stdin.fileno())
    assert half.stdout == b"4ed9407630eb1000c0f6b63842defa7d  -\nd41d8cd98f00b204e9800998ecf8427e  -\n"  # as md5sum - -
    proc = run("put", "/proc/version", url=service.url)
    assert proc.stdout == subprocess.run(["md5sum", "/proc/version"], capture_output=True).stdout


@pytest.mark.parametrize("change", ["grows", "shrinks"])
def test_a_file_that_changes_while_it_is_read_is_told_and_the_next_goes_on(
    service: Service, tmp_path: Path, change: str
) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"x" * (1 << 20))

    def on_progress(*_: object) -> None:
        os.truncate(path, 2 << 20 if change == "grows" else 1 << 19)

    with Client(service.url) as client:
        with pytest.raises(Changed):
            client.put(path, on_progress=on_progress)
        assert client.put(io.BytesIO(b"abc"))["size"] == 3


@pytest.mark.parametrize("options", [[], ["--no-wait"], ["--json"]])
def test_results_that_cannot_be_written_are_1(service: Service, options: list[str]) -> None:
    environment = os.environ | {"MD5_URL": service.url}
    with open("/dev/full", "wb") as full:
        ended = forked.run([COMMAND, "put", *options, "-"], environment, Path.cwd(), b"x", full.fileno())
    assert ended.returncode == 1
    assert b"cannot be written: No space left" in ended.stderr
    assert b"Traceback" not in ended.stderr


def test_a_name_cannot_write_on_the_terminal(service: Service, tmp_path: Path) -> None:
    (tmp_path / "a\x1b[31m\nb").write_bytes(b"abc")
    put = run("put", "a\x1b[31m\nb", url=service.url, folder=tmp_path)
    assert b"\x1b" not in put.stderr
    assert b"a\\x1b[31m\\nb" in put.stderr


@pytest.mark.shows("md5-service log verify")
def test_log_verify(service: Service, tmp_path: Path) -> None:
    service.ended(service.hand_over(b"abc"))
    right = run("log", "verify", str(service.log_path), url="")
    assert right.returncode == 0
    assert b"the chain is unbroken; the database agrees" in right.stdout
    spoiled = tmp_path / "spoiled.log"
    shutil.copy(service.log_path, spoiled)
    assert b"no database was given" in run("log", "verify", str(spoiled), url="").stdout
    assert run("log", "verify", "/nope", url="").returncode == 2
    nonsense = run("log", "verify", str(service.log_path), "--database", "foo", url="")
    assert (nonsense.returncode, b"not a database URL" in nonsense.stderr) == (2, True)
    spoiled.write_bytes(spoiled.read_bytes().replace(b'"seq":1,', b'"seq":7,', 1))
    wrong = run("log", "verify", str(spoiled), url="")
    assert wrong.returncode == 1
    assert b"line 1 has the number 7" in wrong.stdout
    assert run("log", "verify", str(tmp_path / "none"), url="").returncode == 2


def test_ctrl_c_ends_it_at_once(service: Service) -> None:
    environment = os.environ | {"MD5_URL": service.url}
    with subprocess.Popen(
        [COMMAND, "put", "-"], env=environment, stdin=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    ) as command:
        assert command.stdin is not None
        command.stdin.write(b"x" * 3_000_000)
        command.stdin.flush()
        wait_for(lambda: list((service.folder / "bucket" / "tmp").iterdir()), "the first bytes")
        command.send_signal(signal.SIGINT)
        assert command.wait(5) == 130
