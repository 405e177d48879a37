"""Each process of the service is killed, stopped or blocked in turn, and the service continues."""

import contextlib
import hashlib
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from md5_task_data.queue import hints
from tests.client import BUSY_S, held_by_a_stranger, wait_for
from tests.service import API, BEAT, LARGE, LAUNCHER, UPKEEP, VALKEY, WORKER, Service

ABC = hashlib.md5(b"abc").hexdigest()
PARTS = (VALKEY, LAUNCHER, API, WORKER, LARGE, UPKEEP, BEAT)


@pytest.fixture
def asleep(tmp_path: Path) -> Path:
    """A folder of failpoints that make the work on the first file take a minute, unless something ends it."""
    folder = tmp_path / "failpoints"
    folder.mkdir()
    (folder / "work.done").write_text("pause 60")
    return folder


def wait_until_asleep(asleep: Path) -> None:
    """Until the work sleeps. A worker that ends between its claim and that would leave the sleep to the next attempt."""
    wait_for((asleep / "work.done.reached").exists, "the work to fall asleep")


@pytest.mark.timeout(600)
def test_any_part_may_be_killed_and_the_service_goes_on(start_service: Callable[..., Service]) -> None:
    service = start_service(lease_s=2, sweep_s=1)
    for words in PARTS:
        before = service.parts(words)
        assert before, f"no process is called {words}"
        falling = before[0].children() if words == LAUNCHER else []  # its children exit with it, a moment later
        before[0].kill()
        psutil.wait_procs(falling, 10)
        task_id = service.hand_over(b"abc")  # the socket outlives the API, so the client only waits
        assert service.ended(task_id, 60)["result"] == {"md5": hashlib.md5(b"abc").hexdigest()}
        wait_for(lambda: service.parts(words), f"{words} to be started again")  # noqa: B023 (called at once)
        assert before[0].pid not in [process.pid for process in service.parts(words)]


def test_however_many_large_files_there_are_small_ones_pass(start_service: Callable[..., Service]) -> None:
    """The lane of large files is blocked, as if they took hours."""
    service = start_service()
    lane = service.parts(LARGE)
    service.suspend(lane)
    large = bytes(hints.LARGE_FILE + 1)
    waiting = [service.hand_over(large) for _ in range(3)]
    passing = service.hand_over(b"abc")
    assert service.ended(passing, 10)["result"] == {"md5": ABC}
    assert [service.task(task_id)["status"] for task_id in waiting] == ["queued"] * 3
    for process in lane:
        process.resume()
    for task_id in waiting:
        assert service.ended(task_id, 60)["result"] == {"md5": hashlib.md5(large).hexdigest()}


@pytest.mark.timeout(600)
def test_a_worker_child_that_is_killed_in_the_middle_is_replaced(
    start_service: Callable[..., Service], asleep: Path
) -> None:
    service = start_service(lease_s=2, sweep_s=1, failpoints=asleep)
    task_id = service.hand_over(b"abc")
    wait_until_asleep(asleep)
    for child in service.parts(WORKER)[1:]:
        child.kill()
    ended = service.ended(task_id, 60)
    assert (ended["attempt"], ended["result"]) == (2, {"md5": ABC})
    assert "the worker died" in str(ended["history"]), ended


@pytest.mark.timeout(600)
def test_a_worker_that_is_stopped_past_its_lease_can_store_nothing(
    start_service: Callable[..., Service], asleep: Path
) -> None:
    service = start_service(lease_s=2, sweep_s=1, failpoints=asleep)
    (asleep / "work.done").write_text("pause 1")
    task_id = service.hand_over(b"abc")
    wait_until_asleep(asleep)
    stopped = service.parts(WORKER)[1:]
    service.suspend(stopped)
    wait_for(lambda: service.task(task_id)["status"] != "running", "the lease to run out")
    for child in stopped:
        child.resume()
    ended = service.ended(task_id, 60)
    assert ended["result"] == {"md5": ABC}
    assert [line["id"] for line in service.log_lines()] == [task_id]


def test_a_broker_that_hangs_holds_no_upload_up(start_service: Callable[..., Service], busy_s: float) -> None:
    service = start_service(sweep_s=1)
    (valkey,) = service.parts(VALKEY)
    valkey.suspend()
    try:
        began = time.monotonic()
        ids = [service.hand_over(b"abc") for _ in range(10)]
        assert time.monotonic() - began < 2 * 10 + busy_s  # the limit of 2 s for each
    finally:
        valkey.resume()
    assert all(service.ended(task_id, 60)["outcome"] == "done" for task_id in ids)


@pytest.mark.timeout(300)
def test_a_log_that_is_held_fails_nothing_and_is_whole_3_s_later(
    start_service: Callable[..., Service], is_long: bool, busy_s: float
) -> None:
    service = start_service()
    service.ended(service.hand_over(b"first"))
    with held_by_a_stranger(service.log_path):
        until = time.monotonic() + (20 if is_long else 5)  # several times the longest pause between two attempts
        ids = [service.hand_over(b"%d" % number) for number in range(100)]
        first = service.task(ids[0], wait_s=20)  # the wait still ends with the result
        assert (first["status"], first["outcome"]) == ("computed", "done")
        wait_for(lambda: all(service.task(task_id)["outcome"] == "done" for task_id in ids), "all results")
        assert len(service.log_lines()) == 1
        time.sleep(max(0.0, until - time.monotonic()))
    released = time.monotonic()
    wait_for(lambda: len(service.log_lines()) == 101, "all lines")
    assert time.monotonic() - released <= 3 + busy_s
    assert sorted(line["id"] for line in service.log_lines()[1:]) == sorted(ids)
    assert all(service.ended(task_id, 3)["status"] == "done" for task_id in ids)


@pytest.mark.timeout(300)
def test_an_orderly_stop_gives_long_work_back_and_the_next_start_does_it(
    start_service: Callable[..., Service], asleep: Path
) -> None:
    service = start_service(failpoints=asleep)
    task_id = service.hand_over(b"abc")
    wait_until_asleep(asleep)
    assert service.stop() == 0
    service.start()
    ended = service.ended(task_id, 60)
    reasons = [event["reason"] for event in ended["history"] if event["status"] == "queued"]
    assert (ended["attempt"], reasons) == (1, [None, "the worker was stopped; not counted as an attempt"])
    assert ended["result"] == {"md5": ABC}


def test_memory_stays_flat_whatever_comes_in(service: Service) -> None:
    most: dict[str, int] = {}

    def look() -> None:
        for process in service.processes():
            with contextlib.suppress(Exception):  # it may exit in the meantime
                name = " ".join(process.cmdline()).strip()
                most[name] = max(most.get(name, 0), process.memory_info().rss)

    digest, block = hashlib.md5(), os.urandom(1 << 20)

    def blocks() -> Iterator[bytes]:
        for number in range(600):
            digest.update(block)
            yield block
            if number % 20 == 0:
                look()

    with service.client(120) as client:
        task_id = client.post("/v1/tasks", content=blocks()).json()["id"]
    ended = None
    while ended is None or ended["outcome"] is None:
        ended = service.task(task_id)
        look()
    assert ended["result"] == {"md5": digest.hexdigest()}
    assert len(most) >= 5
    assert max(most.values()) < 150 << 20, most


@pytest.mark.timeout(300)
@pytest.mark.parametrize("pause_s", [0.0, pytest.param(0.2, marks=pytest.mark.long)])
def test_ctrl_c_twice_ends_everything_at_once_even_in_the_middle_of_work(
    start_service: Callable[..., Service], asleep: Path, pause_s: float
) -> None:
    service = start_service(failpoints=asleep)
    ids = [service.hand_over(b"abc") for _ in range(3)]
    wait_until_asleep(asleep)
    everything = [service.supervisor, *service.processes()]
    began = time.monotonic()
    for _ in range(5):
        service.supervisor.send_signal(signal.SIGINT)
        time.sleep(pause_s)
        if not service.supervisor_runs():
            break
    assert service.wait() == 0
    assert time.monotonic() - began < 15 + BUSY_S
    assert [process for process in everything if process.is_running() and process.status() != "zombie"] == []
    service.start()
    assert all(service.ended(task_id, 60)["outcome"] == "done" for task_id in ids)


@pytest.mark.timeout(300)
def test_a_stop_with_a_backlog_is_quiet_and_loses_nothing(start_service: Callable[..., Service], asleep: Path) -> None:
    service = start_service(failpoints=asleep)
    (asleep / "claim.committed").write_text("pause 60")  # now both workers sleep
    ids = [service.hand_over(b"abc") for _ in range(6)]
    assert len(service.unfinished()) >= 4
    assert service.stop() == 0
    assert "Traceback" not in service.stderr_path.read_text()
    for unused in asleep.iterdir():  # if all came in one message, only one worker slept
        unused.unlink()
    service.start()
    assert all(service.ended(task_id, 60)["outcome"] == "done" for task_id in ids)


def test_nothing_is_left_running_after_ctrl_c(start_service: Callable[..., Service]) -> None:
    service = start_service()
    wait_for(lambda: len(service.processes()) >= 8, "every process to be there")
    everything = service.processes()
    assert service.stop() == 0
    assert [process for process in everything if process.is_running() and process.status() != "zombie"] == []
