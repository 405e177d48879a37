"""The log: one line per finished task, at its offset, in a chain, whatever state the file was left in."""

import fcntl
import json
import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from md5_task_data import failpoints, tasks
from md5_task_data.database.engine import Database
from md5_task_data.errors import DependencyAway
from md5_task_data.log import shared_log
from md5_task_data.log.shared_log import LogBusy, SharedLog
from md5_task_data.log.verify import verify
from md5_task_data.schema import log_head, log_lines
from md5_task_data.schema import tasks as table
from tests.client import IN_TIME_S, held_by_a_stranger, wait_for

NewTask = Callable[..., str]
TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def as_in_table(database: Database) -> bytes:
    with database.reading() as db:
        lines = db.scalars(select(log_lines.c.line).order_by(log_lines.c.seq)).all()
    return "".join(f"{line}\n" for line in lines).encode()


def test_a_task_has_ended_once_its_line_is_in_the_file(
    database: Database, log: SharedLog, path: Path, end_task: NewTask
) -> None:
    task_id = end_task(filename='a\nb \u2028 \x85 é"\\', size=7)
    assert log.pending()
    assert log.flush() == 1
    assert not log.pending()
    (line,) = path.read_bytes().split(b"\n")[:-1]
    kept = json.loads(line)
    assert list(kept) == ["seq", "at", "id", "kind", "outcome", "result", "name", "size", "prev"]
    assert (kept["seq"], kept["id"], kept["outcome"], kept["size"]) == (1, task_id, "cancelled", 7)
    assert kept["name"] == 'a\nb \u2028 \x85 é"\\'
    assert kept["prev"] == "0" * 64
    with database.reading() as db:
        row = tasks.get(db, "local", task_id)
    assert (row["status"], row["due_at"] >= row["finished_at"]) == ("cancelled", True)  # its bytes are due
    assert row["finished_at"] >= row["computed_at"]


def test_whoever_traces_hears_of_each_task_that_ends_once(database: Database, path: Path, end_task: NewTask) -> None:
    heard: list[Any] = []
    log = SharedLog(database, path, on_settled=heard.extend)
    task_id = end_task(traceparent=TRACEPARENT)
    log.flush()
    end_task()
    log.flush()
    (row,) = heard
    assert (row["id"], row["outcome"], row["traceparent"]) == (task_id, "cancelled", TRACEPARENT)
    assert row["computed_at"] < row["now"]


def test_lines_come_in_finishing_order_and_form_a_chain(log: SharedLog, path: Path, end_task: NewTask) -> None:
    ended = [end_task() for _ in range(3)]
    log.flush()
    ended += [end_task() for _ in range(2)]
    log.flush()
    assert [json.loads(line)["id"] for line in path.read_bytes().splitlines()] == ended
    assert verify(path) == (5, None)


def test_more_lines_than_one_transaction_takes(
    log: SharedLog, path: Path, end_task: NewTask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_log, "BATCH", 2)
    for _ in range(5):
        end_task()
    assert log.flush() == 5
    assert verify(path) == (5, None)


def test_a_second_line_for_a_task_is_refused_by_the_database(
    database: Database, log: SharedLog, end_task: NewTask
) -> None:
    task_id = end_task()
    log.flush()
    again = insert(log_lines).values(seq=2, task_id=task_id, offset=9999, line="{}")
    with pytest.raises(IntegrityError), database.transaction() as db:
        db.execute(again)


def test_busy_while_a_stranger_holds_the_lock_and_free_when_he_dies(
    log: SharedLog, path: Path, end_task: NewTask
) -> None:
    path.touch()
    end_task()
    with held_by_a_stranger(path):
        with pytest.raises(LogBusy):
            log.flush()
        assert path.read_bytes() == b""
    assert log.flush() == 1


def test_the_lock_is_held_while_writing_and_free_afterwards(log: SharedLog, path: Path, end_task: NewTask) -> None:
    end_task()
    log.flush()
    is_free = f"import fcntl; fcntl.lockf(open({str(path)!r}, 'r+b'), fcntl.LOCK_EX | fcntl.LOCK_NB)"
    assert subprocess.run([sys.executable, "-c", is_free]).returncode == 0
    probe = f'{sys.executable} -c "{is_free}" 2>/dev/null'
    seen: list[int] = []

    def spy(descriptor: int) -> None:
        seen.append(os.waitstatus_to_exitcode(os.system(probe)))
        real(descriptor)

    real = os.fdatasync
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fdatasync", spy)
        end_task()
        log.flush()
    assert seen == [1]


@pytest.mark.parametrize("step", ["_write_lines", "_settle"])
def test_a_crash_between_the_steps_is_made_good_by_the_next_flush(
    database: Database, log: SharedLog, path: Path, end_task: NewTask, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    end_task()
    log.flush()
    end_task()
    with monkeypatch.context() as patch:
        patch.setattr(SharedLog, step, lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            log.flush()
    assert log.pending()
    log.flush()
    assert not log.pending()
    assert verify(path) == (2, None)
    with database.reading() as db:
        assert db.scalars(select(table.c.status)).all() == ["cancelled"] * 2


@pytest.mark.parametrize("left", ["torn", "half a line", "nothing", "garbage", "gone"])
def test_whatever_is_left_of_the_file_it_is_written_again(
    database: Database, log: SharedLog, path: Path, end_task: NewTask, left: str
) -> None:
    for _ in range(3):
        end_task()
    log.flush()
    whole = path.read_bytes()
    if left == "gone":
        path.unlink()
    else:
        damaged = {"torn": whole[:-40], "half a line": whole[: len(whole) // 2], "nothing": b"", "garbage": b""}[left]
        path.write_bytes(damaged)
    end_task()
    if left == "garbage":  # what a power cut leaves beyond what was synced
        path.write_bytes(whole + b"\0" * 50)
    log.flush()
    assert path.read_bytes() == as_in_table(database)
    assert verify(path) == (4, None)


def test_a_file_that_knows_more_than_the_table_keeps_its_tail_beside_it(
    database: Database, log: SharedLog, path: Path, end_task: NewTask
) -> None:
    end_task()
    log.flush()
    with open(path, "ab") as file:
        file.write(b"a line of a later moment\n")
    end_task()
    log.flush()
    assert verify(path) == (2, None)
    (beside,) = path.parent.glob("tasks.log.beyond-*")
    assert beside.read_bytes() == b"a line of a later moment\n"


def test_a_tail_is_not_saved_through_a_link(log: SharedLog, path: Path, end_task: NewTask) -> None:
    (victim := path.with_name("victim")).write_bytes(b"kept")
    path.write_bytes(b"a line of a later moment\n")
    path.with_name(f"{path.name}.beyond-0-25").symlink_to(victim)
    end_task()
    with pytest.raises(DependencyAway):
        log.flush()
    assert (victim.read_bytes(), path.read_bytes()) == (b"kept", b"a line of a later moment\n")


def test_short_writes_are_continued(
    log: SharedLog, path: Path, end_task: NewTask, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.pwrite
    monkeypatch.setattr(os, "pwrite", lambda descriptor, block, at: real(descriptor, bytes(block[:7]), at))
    end_task()
    log.flush()
    assert verify(path) == (1, None)


def test_a_sync_that_fails_ends_no_task(
    database: Database, log: SharedLog, path: Path, end_task: NewTask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: int) -> None:
        raise OSError(5, "Input/output error")

    task_id = end_task()
    with monkeypatch.context() as patch:
        patch.setattr(os, "fdatasync", fail)
        with pytest.raises(DependencyAway, match="Input/output"):
            log.flush()
    with database.reading() as db:
        assert tasks.get(db, "local", task_id)["status"] == "computed"
        assert db.scalar(select(log_head.c.flushed)) == 0
    log.flush()
    assert verify(path) == (1, None)


def test_a_folder_that_is_not_there_is_an_outage(database: Database, tmp_path: Path, end_task: NewTask) -> None:
    end_task()
    with pytest.raises(DependencyAway):
        SharedLog(database, tmp_path / "away" / "tasks.log").flush()


def test_flushed_never_moves_back(database: Database, log: SharedLog, end_task: NewTask) -> None:
    end_task()
    log.flush()
    with database.transaction() as db:
        before = db.scalar(select(log_head.c.flushed))
        behind = shared_log.Head(seq=0, length=1, hash="", flushed=0)
    log._settle(behind)
    with database.reading() as db:
        assert db.scalar(select(log_head.c.flushed)) == before


def test_the_head_row_is_there_from_the_first_migration_on(database: Database) -> None:
    with database.transaction() as db:
        assert db.execute(update(log_head).values(seq=0)).rowcount == 1


def test_a_lock_of_our_own_process_is_no_lock(path: Path) -> None:
    """Why only shared_log.py may open the file: closing any descriptor drops the lock."""
    path.touch()
    with open(path, "r+b") as first:
        fcntl.lockf(first, fcntl.LOCK_EX)
        with open(path, "rb"):
            pass
        is_free = f"import fcntl; fcntl.lockf(open({str(path)!r}, 'r+b'), fcntl.LOCK_EX | fcntl.LOCK_NB)"
        assert subprocess.run([sys.executable, "-c", is_free]).returncode == 0


def test_writers_that_lost_their_file_lock_wait_for_one_another_at_the_head_row(
    database: Database, log: SharedLog, path: Path, end_task: NewTask, tmp_path: Path
) -> None:
    """As after trouble with NFS. Shown with two logs in one process, which POSIX locks do not keep apart."""
    for _ in range(3):
        end_task()
    armed = tmp_path / "log.appended"
    failpoints.arm(tmp_path)
    try:
        armed.write_text("pause 0.5")
        other = SharedLog(database, path)
        with ThreadPoolExecutor() as threads:
            first = threads.submit(log.flush)
            wait_for(lambda: not armed.exists(), "the first to stand in the middle of L2")
            second = threads.submit(other.flush)
            assert first.result(IN_TIME_S) + second.result(IN_TIME_S) == 3
    finally:
        failpoints.arm(None)
    assert path.read_bytes() == as_in_table(database)
    assert verify(path) == (3, None)
