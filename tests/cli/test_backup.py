"""`md5-service backup` and `restore`: exit codes, messages, files, pipes."""

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from md5_service.cli.folder import DataFolder
from md5_service.cli.main import app
from md5_task_data.database.engine import Database
from tests import forked
from tests.client import IN_TIME_S, wait_for
from tests.data.place import Place
from tests.databases import new_sqlite
from tests.service import COMMAND


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A folder of `up` with one finished and two unfinished tasks."""
    folder = tmp_path / "data"
    folder.mkdir()
    place = Place(folder, Database(new_sqlite(folder / "md5.sqlite3")))
    place.make()
    place.ended()
    place.flush()
    place.queued(content=b"abc")
    place.queued(size=100_000)
    place.database.close()
    return place


def ask(here: Path, monkeypatch: pytest.MonkeyPatch, *words: str, **settings: str) -> Result:
    with monkeypatch.context() as patch:
        patch.setattr("os.environ", {f"MD5_{name.upper()}": value for name, value in settings.items()})
        patch.chdir(here)
        return CliRunner().invoke(app, words)


@pytest.mark.shows("md5-service backup")
def test_a_backup_is_made_once_and_comes_back(place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = ask(tmp_path, monkeypatch, "backup", "b.tar")
    assert (made.exit_code, made.stdout) == (0, "")
    assert "backup made: 8 rows, 2 stored files with 100003 bytes" in made.stderr
    file = tmp_path / "b.tar"
    assert oct(file.stat().st_mode & 0o777) == "0o600"  # it has hashes of keys, and all owners' files
    first = file.read_bytes()
    again = ask(tmp_path, monkeypatch, "backup", "b.tar")
    assert again.exit_code == 2
    assert "b.tar: the file exists, and was not changed" in again.stderr
    assert file.read_bytes() == first
    back = ask(tmp_path, monkeypatch, "restore", "b.tar", "--data", "other/place")
    assert (back.exit_code, back.stdout) == (0, "")
    assert "3 tasks, 2 of them unfinished, which will continue; 2 stored files" in back.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b.tar", "data", "other"]
    other = tmp_path / "other" / "place"
    assert [path for path in (other, *other.rglob("*")) if path.stat().st_mode & 0o077] == []
    doctor = ask(tmp_path, monkeypatch, "doctor", "--data", "other/place")
    assert (doctor.exit_code, doctor.stdout) == (0, "rows, bytes, log and settings fit together\n")
    full = ask(tmp_path, monkeypatch, "restore", "b.tar", "--data", "other/place")
    assert (full.exit_code, "the database is not empty" in full.stderr) == (2, True)


def test_what_others_have_put_in_the_place_of_a_backup_is_not_written_to(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    victim, partial = tmp_path / "victim", tmp_path / "b.tar.partial"
    victim.write_text("kept")
    for plant in (partial.symlink_to, partial.hardlink_to, lambda _: os.mkfifo(partial)):
        plant(victim)
        refused = ask(tmp_path, monkeypatch, "backup", "b.tar")
        assert refused.exit_code == 2
        assert "b.tar: b.tar.partial exists, and was not left by an earlier backup; remove it" in refused.stderr
        partial.unlink()
    (tmp_path / "b.tar").symlink_to(tmp_path / "nowhere")
    assert "the file exists" in ask(tmp_path, monkeypatch, "backup", "b.tar").stderr
    assert victim.read_text() == "kept"
    assert not (tmp_path / "nowhere").exists()
    (tmp_path / "b.tar").unlink()
    partial.write_bytes(b"of one that was killed" * 100_000)
    assert ask(tmp_path, monkeypatch, "backup", "b.tar").exit_code == 0
    assert (tmp_path / "b.tar").read_bytes().count(b"killed") == 0


@pytest.mark.shows("md5-service restore")
def test_what_is_to_be_looked_at_is_1(place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert ask(tmp_path, monkeypatch, "backup", "b.tar").exit_code == 0
    later = [place.ended(filename=f"later\n{number}") for number in range(25)]
    place.flush()
    place.database.close()
    (place.bucket.root.parent / "md5.sqlite3").unlink()
    back = ask(tmp_path, monkeypatch, "restore", "b.tar")
    assert back.exit_code == 1
    assert "had 25 lines that are not in the backup; they were saved beside it" in back.stderr
    assert f"    {later[0]} 'later\\n0'\n" in back.stderr
    assert "    and 5 more\n" in back.stderr
    assert "the bucket had 25 files that belong to no task" in back.stderr
    assert "see the messages above" in back.stderr
    assert "no orphans are deleted until this is fixed" in back.stdout
    assert "then move this mark elsewhere" in back.stdout
    found = ask(tmp_path, monkeypatch, "doctor", "--json")
    assert [json.loads(line)["code"] for line in found.stdout.splitlines()] == ["log_ahead", "restored"]


def test_a_service_that_runs_is_seen(place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert ask(tmp_path, monkeypatch, "backup", "b.tar").exit_code == 0
    other = DataFolder(tmp_path / "other")
    other.take()
    refused = ask(tmp_path, monkeypatch, "restore", "b.tar", "--data", "other")
    assert refused.exit_code == 2
    assert f"in use by md5-service up, process {os.getpid()}; stop it first" in refused.stderr
    assert sorted(path.name for path in (tmp_path / "other").iterdir()) == ["bucket", "log", "up.lock"]


def test_settings_of_the_environment_need_no_folder(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ask(tmp_path, monkeypatch, "backup", "b.tar").exit_code == 0
    given = {"database_url": f"sqlite:///{tmp_path}/b.sqlite3", "broker_url": "redis://127.0.0.1:1/0"}
    given |= {"bucket_url": f"file://{tmp_path}/b/bucket", "log_path": f"{tmp_path}/b/log/tasks.log"}
    DataFolder(tmp_path / "data").take()  # as a running service that is not ours
    back = ask(tmp_path, monkeypatch, "restore", "b.tar", **given)
    assert (back.exit_code, back.stdout) == (0, "")
    assert len(Place(tmp_path / "b", Database(given["database_url"])).files()) == 2
    lacks = ask(tmp_path, monkeypatch, "restore", "b.tar", "--data", "none", database_url=given["database_url"])
    assert (lacks.exit_code, "MD5_B" in lacks.stderr) == (2, True)
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("backup", "b.tar", "--data", "none"), "there is no folder none"),
        (("backup", "none/b.tar"), "none/b.tar: No such file or directory"),
        (("backup", "b.tar", "--data", "nothing"), "md5.sqlite3 does not exist"),
        (("restore", "none.tar", "--data", "new"), "none.tar: No such file or directory"),
        (("restore", "notes", "--data", "new"), "this is not a backup of md5-service"),
    ],
)
def test_what_cannot_be_is_2(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], said: str
) -> None:
    (tmp_path / "nothing").mkdir()
    (tmp_path / "notes").write_text("notes\n" * 1000)
    answer = ask(tmp_path, monkeypatch, *words)
    assert (answer.exit_code, answer.stdout) == (2, "")
    assert said in answer.stderr
    assert "Traceback" not in answer.stderr
    assert not (tmp_path / "b.tar").exists()
    assert (tmp_path / "new").exists() == ("notes" in words)


def test_through_pipes(place: Place, tmp_path: Path) -> None:
    done = subprocess.run(
        f"{COMMAND} backup - | tee b.tar | gzip | {COMMAND} restore - --data other",
        shell=True,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=IN_TIME_S,
    )
    assert (done.returncode, done.stdout) == (0, "")
    assert "backup made: 8 rows" in done.stderr
    assert "restored the state of 20" in done.stderr
    listed = subprocess.run(["tar", "-tf", "b.tar"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert listed.stdout.splitlines()[::1000] == ["about.json"]
    assert listed.stdout.endswith("\nbackup.json\n")


def test_a_terminal_gets_none_and_a_full_pipe_is_told(place: Place, tmp_path: Path) -> None:
    leader, follower = os.openpty()
    shown = forked.run([COMMAND, "backup", "-"], os.environ, tmp_path, stdout=follower)
    assert (shown.returncode, b"a backup cannot be written to a terminal" in shown.stderr) == (2, True)
    asked = forked.run([COMMAND, "restore", "-", "--data", "new"], os.environ, tmp_path, stdin=follower)
    assert (asked.returncode, b"cannot be read from a terminal" in asked.stderr) == (2, True)
    os.close(leader)
    os.close(follower)
    with open("/dev/full", "wb") as full:
        done = forked.run([COMMAND, "backup", "-"], os.environ, tmp_path, stdout=full.fileno())
    assert (done.returncode, done.stderr) == (2, b"md5-service: standard input or output: No space left on device\n")
    assert not [path for path in place.bucket.root.iterdir() if len(path.name) > 3]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_who_is_stopped_leaves_nothing(place: Place, tmp_path: Path, number: signal.Signals) -> None:
    command = [COMMAND, "backup", "-"]  # nothing reads the pipe, so it cannot finish
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as making:
        wait_for(lambda: list(place.bucket.root.glob("backup-*/tasks.jsonl.gz")), "it to be at it")
        time.sleep(0.2)
        making.send_signal(number)
        assert making.stderr is not None
        assert making.stderr.read() == "md5-service: stopped; no backup was made\n"
        assert making.wait(IN_TIME_S) == 130
    assert list(place.bucket.root.glob("backup-*")) == []
