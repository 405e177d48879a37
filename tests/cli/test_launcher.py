"""The processes of `up` are forked from one: what each receives, how it looks from outside, and how its end is noticed."""

import os
import signal
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import psutil
import pytest

from md5_service.cli import up
from md5_service.cli.launcher import Launched, Launcher
from md5_service.cli.processes import SupervisedProcess
from tests.checkout import ROOT
from tests.client import IN_TIME_S, wait_for, wait_until_gone

PART = """
import os, signal, sys, time

def main(what, *more):
    if what == "say":
        os.write(more[-1], repr((more[:-1], os.getcwd(), os.environ["MARK"])).encode())
    elif what == "end":
        sys.exit(int(more[0]))
    elif what == "fail":
        raise ZeroDivisionError
    elif what == "stay":
        os.write(more[-1], b"here")
        time.sleep(60)
    elif what == "begin":
        os.write(more[-1], b".")
        time.sleep(60)
    elif what == "begin later":
        while not os.path.exists("go"):
            time.sleep(0.01)
        os.write(more[-1], b".")
        time.sleep(60)
"""
NOBODY_ASKS = cast(up._StopRequests, SimpleNamespace(asked=False))  # to stop
ENDS: dict[str, tuple[Callable[[Launched], object], tuple[str, ...], int]] = {
    "by itself": (lambda part: None, ("end", "0"), 0),
    "with a code": (lambda part: None, ("end", "3"), 3),
    "with an error": (lambda part: None, ("fail",), 1),
    "asked to": (lambda part: part.terminate(), ("stay",), -signal.SIGTERM),
    "killed": (lambda part: os.kill(part.pid, signal.SIGKILL), ("stay",), -signal.SIGKILL),
}


@pytest.fixture
def launcher(tmp_path: Path) -> Iterator[Launcher]:
    (tmp_path / "part.py").write_text(PART)
    environment = os.environ | {"PYTHONPATH": f"{tmp_path}:{ROOT}", "MARK": "ours"}
    launcher = Launcher(["part"], environment, tmp_path)
    yield launcher
    launcher.end()


def launch(launcher: Launcher, *words: str) -> tuple[Launched, str]:
    """Launch a part with a pipe as its descriptor. Returns it, and the first thing it wrote."""
    reading, writing = os.pipe()
    launched = launcher.launch(["part", *words], [writing])
    os.close(writing)
    said = os.read(reading, 1000).decode()
    os.close(reading)
    return launched, said


def test_a_part_gets_its_words_and_descriptors(launcher: Launcher, tmp_path: Path) -> None:
    part, said = launch(launcher, "say", "a b", "é")
    assert said == repr((("a b", "é"), str(tmp_path), "ours"))
    assert part.wait(IN_TIME_S) == 0


def test_it_is_a_process_of_its_own_and_says_what_it_is(launcher: Launcher) -> None:
    """`up` finds leftovers of a killed one by their environment; a signal to the group of one part reaches no other."""
    part, _ = launch(launcher, "stay")
    other, _ = launch(launcher, "stay")
    process = psutil.Process(part.pid)
    assert " ".join(process.cmdline()).strip() == "part stay"
    assert process.environ()["MARK"] == "ours"
    assert os.getpgid(part.pid) == os.getsid(part.pid) == part.pid != other.pid
    assert (part.poll(), other.poll()) == (None, None)


@pytest.mark.parametrize("how", ENDS)
def test_how_it_ended_is_known(launcher: Launcher, how: str) -> None:
    end, words, code = ENDS[how]
    part, _ = launch(launcher, *words)
    end(part)
    assert part.wait(IN_TIME_S) == code
    assert part.poll() == code


def test_a_part_has_begun_when_it_says_so_and_not_once_it_has_ended(launcher: Launcher, tmp_path: Path) -> None:
    part = SupervisedProcess("it", lambda: launcher.launch_reporting(["part", "begin later"]))
    assert (part.is_running, part.has_begun) == (False, False)
    part.start()
    assert (part.is_running, part.has_begun) == (True, False)
    (tmp_path / "go").touch()
    wait_for(lambda: part.has_begun, "it to begin")
    assert part.has_begun  # it stays true
    part.kill()
    wait_for(lambda: not part.has_begun, "its end to be known")
    silent = SupervisedProcess("another", lambda: launcher.launch_reporting(["part", "end", "0"]))
    silent.start()
    wait_for(lambda: not silent.is_running, "its end")
    assert not silent.has_begun


def test_a_part_that_does_not_stay_up_is_named_though_the_api_answers(
    launcher: Launcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(up, "_is_ready", lambda _: True)
    good, bad = (
        SupervisedProcess(name, partial(launcher.launch_reporting, ["part", *words]))
        for name, words in (("the good one", ["begin"]), ("the bad one", ["end", "3"]))
    )
    for part in (good, bad):
        part.start()
    with pytest.raises(up.CannotStart, match="the bad one does not stay up"):
        up._until_ready([good, bad], ("127.0.0.1", 9), NOBODY_ASKS)
    good.kill()
    good.end(IN_TIME_S)
    assert up._until_ready([good], ("127.0.0.1", 9), NOBODY_ASKS)  # a restarted one counts
    good.kill()


def test_parts_end_with_the_launcher_and_the_next_is_launched_by_a_new_one(launcher: Launcher) -> None:
    parts = [launch(launcher, "stay")[0] for _ in range(3)]
    processes = [psutil.Process(part.pid) for part in parts]
    processes[0].parent().kill()  # type: ignore[union-attr]
    wait_until_gone(processes, 30)
    wait_for(lambda: [part.poll() for part in parts] == [-signal.SIGKILL] * 3, "that to be known")
    part, said = launch(launcher, "stay")
    assert (said, part.poll()) == ("here", None)


def test_what_cannot_be_imported_is_an_error(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    launcher = Launcher(["no_such_module"], os.environ, tmp_path)
    with pytest.raises(ChildProcessError):
        launcher.launch(["no_such_module"])
    assert "no_such_module" in capfd.readouterr().err
    launcher.end()
