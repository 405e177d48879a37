"""`md5-service doctor`: exit codes, messages, JSON, settings."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from md5_service.cli.main import app
from md5_task_data.bucket.folder import Bucket
from tests.bucket import store
from tests.databases import new_sqlite


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder as `up` leaves it."""
    (tmp_path / "log").mkdir()
    Bucket(f"file://{tmp_path}/bucket").make()
    new_sqlite(tmp_path / "md5.sqlite3")
    return tmp_path


def ask(folder: Path, monkeypatch: pytest.MonkeyPatch, *more: str, **settings: str) -> Result:
    with monkeypatch.context() as patch:
        patch.setattr("os.environ", {f"MD5_{name.upper()}": value for name, value in settings.items()})
        return CliRunner().invoke(app, ["doctor", "--data", str(folder), *more])


def test_all_is_well(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = ask(folder, monkeypatch)
    assert (answer.exit_code, answer.output) == (0, "rows, bytes, log and settings fit together\n")
    assert ask(folder, monkeypatch, "--json").output == ""


@pytest.mark.shows("md5-service doctor")
def test_a_finding_says_what_to_do(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("md5_task_data.upkeep.doctor.JUST_STORED_S", -60)
    task_id = store(Bucket(f"file://{folder}/bucket"))
    answer = ask(folder, monkeypatch)
    assert answer.exit_code == 1
    assert f"{task_id}: 3 bytes in the bucket belong to no task\n    nothing: the sweeper" in answer.output
    answer = ask(folder, monkeypatch, "--json")
    assert answer.exit_code == 1
    (finding,) = [json.loads(line) for line in answer.output.splitlines()]
    assert (finding["code"], finding["about"]) == ("row_missing", task_id)
    assert sorted(finding) == ["about", "advice", "code", "detail"]


def test_a_database_that_is_gone_is_not_made_anew(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "md5.sqlite3").unlink()
    answer = ask(folder, monkeypatch)
    assert (answer.exit_code, "the database file does not exist" in answer.output) == (1, True)
    assert not (folder / "md5.sqlite3").exists()


def test_a_folder_that_is_not_there_is_2(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = ask(folder / "none", monkeypatch)
    assert (answer.exit_code, "there is no folder" in answer.output) == (2, True)


def test_what_is_away_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "log").rmdir()
    answer = ask(folder, monkeypatch)
    assert answer.exit_code == 1
    assert f"log: the folder {folder}/log is not there" in answer.output
    (folder / "empty.sqlite3").touch()
    answer = ask(folder, monkeypatch, database_url=f"sqlite:///{folder}/empty.sqlite3")
    assert "run `md5-service migrate`" in answer.output


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"lease_s": "x"}, "MD5_LEASE_S"),
        (
            {"max_upload_byte": "5"},
            "MD5_MAX_UPLOAD_BYTE: there is no such setting; it has no effect\n    did you mean MD5_MAX_UPLOAD_BYTES?",
        ),
        ({"qqq": "5"}, "MD5_QQQ: there is no such setting"),
        ({"sweep_s": "60"}, "MD5_SWEEP_S: 60 s is longer than MD5_LEASE_S, 30 s"),
        ({"stall_s": "5"}, "MD5_LEASE_S: 30 s is longer than MD5_STALL_S, 5 s"),
        ({"log_path": "{}/bucket/tasks.log"}, "MD5_LOG_PATH: {}/bucket/tasks.log is inside the folder of the bucket"),
        ({"log_path": "{}/md5.sqlite3"}, "log and database are the same file"),
    ],
)
def test_settings_that_do_not_fit(
    folder: Path, monkeypatch: pytest.MonkeyPatch, settings: dict[str, str], words: str
) -> None:
    given = {name: value.format(folder) for name, value in settings.items()}
    answer = ask(folder, monkeypatch, **given)
    assert answer.exit_code == 1
    assert words.format(folder) in answer.output
