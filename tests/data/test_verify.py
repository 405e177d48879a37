"""`verify`: what of a log was touched, and what only the table can tell."""

from collections.abc import Callable
from pathlib import Path

import pytest

from md5_task_data.database.engine import Database
from md5_task_data.log.shared_log import SharedLog
from md5_task_data.log.verify import verify

NewTask = Callable[..., str]


def _line(path: Path, number: int, change: Callable[[bytes], bytes]) -> None:
    lines = path.read_bytes().splitlines(keepends=True)
    lines[number - 1] = change(lines[number - 1])
    path.write_bytes(b"".join(lines))


DAMAGES: dict[str, tuple[Callable[[Path], None], int, str]] = {
    "a changed outcome": (lambda p: _line(p, 2, lambda raw: raw.replace(b"cancelled", b"done")), 2, "line 3"),
    "a removed line": (lambda p: _line(p, 2, lambda _: b""), 1, "line 2"),
    "a line twice": (lambda p: _line(p, 2, lambda raw: raw + raw), 2, "line 3"),
    "a torn line": (lambda p: _line(p, 3, lambda raw: raw[:-9]), 2, "line 3"),
    "not our line": (lambda p: _line(p, 1, lambda _: b"[1]\n"), 0, "line 1"),
    "no UTF-8": (lambda p: _line(p, 1, lambda _: b"\xff\xfe\n"), 0, "line 1"),
    "endless nesting": (lambda p: _line(p, 1, lambda _: b"[" * 200_000 + b"\n"), 0, "line 1"),
    "an endless line": (lambda p: _line(p, 1, lambda _: b"x" * 3_000_000), 0, "line 1"),
    "zeros": (lambda p: _line(p, 3, lambda raw: b"\0" * len(raw)), 2, "line 3"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_verify_names_the_first_line_that_is_not_right(
    log: SharedLog, path: Path, end_task: NewTask, damage: str
) -> None:
    for _ in range(3):
        end_task()
    log.flush()
    spoil, right, words = DAMAGES[damage]
    spoil(path)
    verdict = verify(path)
    assert verdict.lines == right
    assert verdict.wrong is not None
    assert words in verdict.wrong


def test_the_table_vouches_for_the_last_line_and_for_the_end(
    database: Database, log: SharedLog, path: Path, end_task: NewTask
) -> None:
    for _ in range(3):
        end_task()
    log.flush()
    whole = path.read_bytes()
    assert verify(path, database) == (3, None)
    _line(path, 3, lambda raw: raw.replace(b"cancelled", b"failed"))
    assert verify(path) == (3, None)  # nothing follows that could vouch for it
    assert verify(path, database) == (2, "line 3 differs from the database: it was changed")
    path.write_bytes(b"".join(whole.splitlines(keepends=True)[:2]))
    assert verify(path) == (2, None)
    assert "lines are missing" in str(verify(path, database).wrong)
    path.write_bytes(b"")
    assert "lines are missing" in str(verify(path, database).wrong)


def test_an_empty_log_is_right(path: Path) -> None:
    path.touch()
    assert verify(path) == (0, None)
