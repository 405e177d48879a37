"""`md5-service log tail`."""

import json
import os
import signal
import subprocess
from pathlib import Path

import pytest

from tests import forked
from tests.client import IN_TIME_S
from tests.service import COMMAND, Service


def tail(*arguments: object) -> subprocess.CompletedProcess[bytes]:
    return forked.run([COMMAND, "log", "tail", *map(str, arguments)], os.environ, Path.cwd())


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """2,000 complete lines, and one that is being written."""
    file = tmp_path / "tasks.log"
    file.write_bytes(b"".join(b'{"seq":%d}\n' % number for number in range(1, 2001)) + b'{"se')
    return file


@pytest.mark.parametrize("lines", [0, 1, 10, 1999, 2000, 5000])
@pytest.mark.parametrize("block", [7, 64 << 10])
def test_the_last_lines_are_found_from_the_end(
    log: Path, lines: int, block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    from md5_service.cli import log as command

    monkeypatch.setattr(command, "BLOCK", block)
    with log.open("rb") as file:
        file.seek(command._start_of_last(file, lines))
        shown = [line for line in file if line.endswith(b"\n")]
    assert shown == [b'{"seq":%d}\n' % number for number in range(max(1, 2001 - lines), 2001)]


def test_the_usual_ones(log: Path, tmp_path: Path) -> None:
    assert [json.loads(line)["seq"] for line in tail(log).stdout.splitlines()] == list(range(1991, 2001))
    assert tail("-n", 2, log).stdout == b'{"seq":1999}\n{"seq":2000}\n'
    (tmp_path / "empty").touch()
    assert (tail(tmp_path / "empty").returncode, tail(tmp_path / "empty").stdout) == (0, b"")


def test_what_cannot_be_read_is_2_and_told(tmp_path: Path) -> None:
    for path in (tmp_path / "none", tmp_path):
        ended = tail(path)
        assert (ended.returncode, ended.stdout) == (2, b"")
        assert str(path) in ended.stderr.decode()
    assert tail("-n", -1, tmp_path / "none").returncode == 2


@pytest.mark.shows("md5-service log tail")
def test_lines_are_shown_as_they_are_written(service: Service) -> None:
    environment = os.environ | {"MD5_LOG_PATH": str(service.log_path)}
    service.ended(service.hand_over(b"before"))
    with subprocess.Popen([COMMAND, "log", "tail", "-n1", "-f"], env=environment, stdout=subprocess.PIPE) as following:
        assert following.stdout is not None
        try:
            assert following.stdout.readline()  # it has begun
            task_id = service.hand_over(b"abc")
            while (line := json.loads(following.stdout.readline()))["id"] != task_id:
                pass  # the task of another test, which uses the same service
            assert line["outcome"] == "done"
        finally:
            following.send_signal(signal.SIGINT)
        assert following.wait(IN_TIME_S) == 130


def test_what_was_cut_or_moved_away_is_gone_on_with(log: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    from md5_service.cli.log import _print_new

    place = len(log.read_bytes()) - 4
    log.write_bytes(log.read_bytes()[: place - 12])
    place = _print_new(log, place)
    with log.open("ab") as file:
        file.write(b"anew\n")
    place = _print_new(log, place)
    log.rename(log.with_suffix(".old"))
    place = _print_new(log, place)
    log.write_bytes(b"whole again\n")
    _print_new(log, place)
    assert capfdbinary.readouterr().out == b"anew\nwhole again\n"
