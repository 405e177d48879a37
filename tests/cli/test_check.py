"""`check`, `ls` and `cancel`, compared with md5sum."""

import json
import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from md5_service.cli.main import app
from tests import forked
from tests.cli.odd_names import ODD_NAMES
from tests.cli.terminal import on_a_terminal
from tests.client import IN_TIME_S, NOBODY
from tests.service import COMMAND, Service

SOME = 60  # files in a manifest; for 10,000 see bench/RESULTS.md


def run(*arguments: str, url: str) -> Result:
    return CliRunner().invoke(app, [*arguments, "--url", url])


def as_md5sum(words: str) -> str:
    return words.replace("md5-service: ", "md5sum: ")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "files"
    made.mkdir()
    for name in ODD_NAMES:
        Path(os.fsdecode(os.fsencode(made) + b"/" + name)).write_bytes(name)
    for number in range(SOME):
        (made / f"{number:05}.txt").write_bytes(str(number).encode())
    return made


@pytest.fixture
def manifest(folder: Path, tmp_path: Path) -> Path:
    names = sorted(os.listdir(os.fsencode(folder)))
    path = tmp_path / "MD5SUMS"
    path.write_bytes(subprocess.run(["md5sum", "--", *names], cwd=folder, capture_output=True, check=True).stdout)
    return path


def md5sum(manifest: Path, folder: Path) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(["md5sum", "-c", manifest], cwd=folder, capture_output=True, timeout=IN_TIME_S)


@pytest.mark.shows("md5-service check", "md5-service put")
@pytest.mark.parametrize("command", ["check", "put"])
def test_the_service_s_manifest_of_a_delivery_is_one_for_its_folder(
    service: Service, tmp_path: Path, command: str
) -> None:
    """Folders with odd names, with the same files in each: `md5sum -c` accepts the service's list of them."""
    delivery = tmp_path / "delivery"
    for number, folder in enumerate([b".", b"L1", b"L2", b"L1/deep \xe9\\/\n", *ODD_NAMES]):
        (here := Path(os.fsdecode(os.fsencode(delivery) + b"/" + folder + b".d"))).mkdir(parents=True)
        for name in ODD_NAMES:
            Path(os.fsdecode(os.fsencode(here) + b"/" + name)).write_bytes(b"%d %b" % (number, name))
    found = subprocess.run(["find", ".", "-type", "f", "-print0"], cwd=delivery, capture_output=True, check=True)
    paths = found.stdout.removesuffix(b"\0").split(b"\0")
    assert len(paths) == (4 + len(ODD_NAMES)) * len(ODD_NAMES)
    ours = subprocess.run(["md5sum", "--", *paths], cwd=delivery, capture_output=True, check=True).stdout
    batch = f"delivery by {command}"
    if command == "check":
        words, stdin = ["check", "-", "--batch", batch], ours
    else:
        words, stdin = ["put", "--batch", batch, "--", *map(os.fsdecode, paths)], b""
    sent = forked.run([COMMAND, *words], os.environ | {"MD5_URL": service.url}, delivery, stdin)
    assert sent.returncode == 0, sent.stderr
    with service.client() as client:
        theirs = client.get("/v1/manifest.md5", params={"batch": batch}).content
    assert sorted(theirs.splitlines()) == sorted(ours.splitlines())
    checked = subprocess.run(["md5sum", "--strict", "-c"], cwd=delivery, input=theirs, capture_output=True)
    assert (checked.returncode, checked.stdout.count(b": OK\n")) == (0, len(paths)), checked.stderr


@pytest.mark.shows("md5-service check")
def test_check_says_what_md5sum_says(service: Service, manifest: Path, folder: Path) -> None:
    ours = run("check", str(manifest), "--dir", str(folder), "--batch", "checked", url=service.url)
    assert (ours.exit_code, ours.stderr) == (0, "")
    assert ours.stdout_bytes == md5sum(manifest, folder).stdout
    listed = run("ls", "--batch", "checked", "--limit", "0", "--json", url=service.url)
    tasks = [json.loads(line) for line in listed.stdout.splitlines()]
    assert len(tasks) == SOME + len(ODD_NAMES)
    assert all(task["result"]["match"] for task in tasks)


@pytest.mark.shows("md5-service check")
def test_what_is_wrong_is_worded_and_counted_as_md5sum_does(service: Service, manifest: Path, folder: Path) -> None:
    some = manifest.read_bytes().splitlines(keepends=True)[:4]
    manifest.write_bytes(
        b"".join(some)
        + b"nonsense\n# a comment\n\n"
        + b"0" * 32
        + b"  missing\r\nMD5 (two words) = "
        + b"0" * 32
        + b"\n"
    )
    (folder / "two words").write_bytes(b"changed")
    for _ in range(2):
        ours, theirs = run("check", str(manifest), "--dir", str(folder), url=service.url), md5sum(manifest, folder)
        assert (ours.exit_code, ours.stdout_bytes) == (theirs.returncode, theirs.stdout)
        assert ours.exit_code == 1
        assert as_md5sum(ours.stderr) == theirs.stderr.decode()
        manifest.write_bytes(b"more\nnonsense\n" + manifest.read_bytes() * 2)  # and in the plural


def test_a_manifest_in_which_nothing_is_well_formed_is_1(service: Service, tmp_path: Path) -> None:
    (tmp_path / "none").write_bytes(b"nonsense\n")
    ended = run("check", str(tmp_path / "none"), url=service.url)
    assert (ended.exit_code, ended.stdout) == (1, "")
    assert "no properly formatted checksum lines found" in ended.stderr
    missing = run("check", str(tmp_path / "missing"), url=service.url)
    assert missing.exit_code == 1
    assert "missing: No such file" in missing.stderr


def test_what_the_service_refuses_is_not_checked(service: Service, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "one").write_bytes(b"0" * 32 + b"  plain\n")
    ended = run("check", str(tmp_path / "one"), "--dir", str(folder), "--batch", "x" * 256, url=service.url)
    assert (ended.exit_code, ended.stdout) == (1, "plain: FAILED, not checked\n")
    assert "at most 255" in ended.stderr
    assert "1 listed file was not checked" in ended.stderr


def test_check_without_a_service_is_3(manifest: Path, folder: Path) -> None:
    ended = run("check", str(manifest), "--dir", str(folder), url="http://127.0.0.1:9")
    assert ended.exit_code == 3
    assert "is the service running" in ended.stderr


def test_a_manifest_comes_through_a_pipe(service: Service, folder: Path) -> None:
    environment = os.environ | {"MD5_URL": service.url}
    text = subprocess.run(["md5sum", "plain"], cwd=folder, capture_output=True).stdout
    ended = forked.run([COMMAND, "check", "-"], environment, folder, text + b"0" * 32 + b"  -\n")
    assert (ended.returncode, ended.stdout) == (0, b"plain: OK\n")
    assert b"1 line is improperly formatted" in ended.stderr


def test_the_standard_input_can_be_checked(service: Service, folder: Path, tmp_path: Path) -> None:
    manifest = tmp_path / "MD5SUMS"
    manifest.write_bytes(subprocess.run(["md5sum"], input=b"abc", capture_output=True, check=True).stdout)
    arguments = [COMMAND, "check", str(manifest), "--url", service.url]
    for content, told in ((b"abc", b"-: OK\n"), (b"abd", b"-: FAILED\n")):
        assert forked.run(arguments, os.environ, folder, content).stdout == told


@pytest.mark.shows("md5-service ls")
def test_ls_is_for_scripts_and_for_people(service: Service) -> None:
    ids = [service.hand_over(b"abc", name=name, batch="listed") for name in ("One\t[red].txt", "two\x1b[31m\n")]
    for task_id in ids:
        service.ended(task_id)
    lines = run("ls", "--batch", "listed", url=service.url).stdout.splitlines()
    assert [line.split("\t") for line in lines] == [
        [ids[1], "done", "3", "900150983cd24fb0d6963f7d28e17f72", r"two\x1b[31m\n"],
        [ids[0], "done", "3", "900150983cd24fb0d6963f7d28e17f72", r"One\t[red].txt"],
    ]
    for options, count in (
        (["--name", "ONE\t["], 1),
        (["--batch", "listed", "--limit", "1"], 1),
        (["--batch", "listed", "--status", "failed"], 0),
        (["--batch", "listed", "--md5", "900150983CD24FB0D6963F7D28E17F72"], 2),
        (["--batch", "listed", "--verdict", "none", "--after", "2026-01-01"], 2),
        (["--batch", "listed", "--before", "2026-01-01T00:00:00Z"], 0),
    ):
        assert len(run("ls", *options, url=service.url).stdout.splitlines()) == count
    for columns, has_md5 in ((200, True), (80, False)):
        table = on_a_terminal("ls", "--batch", "listed", "--url", service.url, columns=columns)
        assert all(word in table for word in ("STATUS", "One\\t[red].txt", *ids))
        assert ("900150983cd24fb0d6963f7d28e17f72" in table) == has_md5


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("--kind", "lost", "--kind must be one of: md5"),
        ("--status", "lost", "--status must be one of: receiving"),
        ("--verdict", "MISMATCH", "--verdict must be one of: match"),
        ("--after", "yesterday", "--after must be a date"),
        ("--before", "2026-02-30", "--before must be a date"),
    ],
)
def test_ls_with_a_bad_filter_is_wrong_usage_and_says_what_is_allowed(
    service: Service, option: str, value: str, words: str
) -> None:
    ended = run("ls", option, value, url=service.url)
    assert ended.exit_code == 2
    assert words in re.sub(r"[\s│]+", " ", ended.stderr)


@pytest.mark.shows("md5-service cancel")
def test_cancel_ends_what_it_can_and_says_what_it_cannot(service: Service) -> None:
    with service.without_workers():
        ids = [service.hand_over(b"abc") for _ in range(2)]
        ended = run("cancel", ids[0], NOBODY, "nonsense", ids[1], url=service.url)
    assert ended.exit_code == 1
    assert [service.ended(task_id)["outcome"] for task_id in ids] == ["cancelled", "cancelled"]
    assert f"{NOBODY}: There is no task" in ended.stderr
    assert "'nonsense' is not an id" in ended.stderr
    assert run("cancel", ids[0], url=service.url).exit_code == 1
    assert run("get", ids[0], url=service.url).exit_code == 1


def test_a_service_that_is_killed_in_the_middle_and_comes_back_is_waited_for(
    start_service: Callable[..., Service], manifest: Path, folder: Path
) -> None:
    service = start_service()
    with start_check(service, manifest, folder) as check:
        assert check.stdout is not None
        first = check.stdout.readline()
        service.kill_tree()
        service.start()
        told, complaints = check.communicate(timeout=IN_TIME_S)
        assert (complaints, check.returncode) == (b"", 0)
    assert first + told == md5sum(manifest, folder).stdout
    with service.client() as client:
        names = [task["filename"] for task in client.get("/v1/tasks?batch=checked&limit=1000").json()["items"]]
    assert len(names) == len(set(names)) == SOME + len(ODD_NAMES)  # what was sent again is the same task


@pytest.mark.long
def test_a_service_that_stays_away_ends_the_check_with_3(
    start_service: Callable[..., Service], manifest: Path, folder: Path
) -> None:
    service = start_service()
    with start_check(service, manifest, folder) as check:
        assert check.stdout is not None
        first = check.stdout.readline()
        service.kill_tree()
        told, complaints = check.communicate(timeout=IN_TIME_S)
        assert check.returncode == 3
    assert complaints.startswith(b"md5-service: no answer from http://")
    assert md5sum(manifest, folder).stdout.startswith(
        first + told
    )  # nothing is printed about files whose result is unknown


def start_check(service: Service, manifest: Path, folder: Path) -> subprocess.Popen[bytes]:
    arguments = ["check", str(manifest), "--dir", str(folder), "--batch", "checked", "--url", service.url]
    return subprocess.Popen([COMMAND, *arguments], bufsize=0, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
