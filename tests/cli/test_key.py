"""`md5-service key`: keys are created, listed and revoked while a service runs."""

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from md5_service.cli import up
from md5_service.cli.main import app
from md5_task_data import api_keys, migrations
from md5_task_data.database.engine import Database
from tests.databases import new_sqlite


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """The folder of a service that was started once."""
    new_sqlite(tmp_path / "md5.sqlite3")
    return tmp_path


def key(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["key", *arguments])


@pytest.mark.shows("md5-service key create", "md5-service key list", "md5-service key revoke")
def test_a_key_is_printed_once_listed_without_its_secret_and_revoked(data: Path) -> None:
    made = key("create", "ann", "--data", str(data))
    assert made.exit_code == 0
    printed = made.stdout.strip()
    key_id = api_keys.id_of(printed)
    assert key_id is not None
    listed = key("list", "--data", str(data))
    assert listed.stdout.startswith(f"{key_id}  ann  20")
    assert listed.stdout.endswith("  in use\n")
    assert printed[-43:] not in listed.output + made.stderr
    assert key("revoke", key_id, "--database", f"sqlite:///{data}/md5.sqlite3").exit_code == 0
    assert "revoked 20" in key("list", "--data", str(data)).stdout


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["create", "Ann"], 1, "owner"),
        (["revoke", "nonsense"], 1, "key list"),
        (["list", "--data", "/nowhere"], 2, "--data"),
        (["list", "--database", "sqlite:////nowhere/x"], 2, "database"),
        (["list", "--database", "nonsense"], 2, "URL"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(data: Path, arguments: list[str], code: int, words: str) -> None:
    ended = key(*arguments, *([] if len(arguments) > 2 else ["--data", str(data)]))
    assert (ended.exit_code, ended.stdout) == (code, "")
    (line,) = ended.stderr.splitlines()
    assert line.startswith("md5-service: ")
    assert words in line


def test_a_database_of_an_older_version_is_not_touched(data: Path) -> None:
    database = Database(f"sqlite:///{data}/md5.sqlite3")
    migrations.downgrade(database, "0003")
    database.close()
    ended = key("create", "ann", "--data", str(data))
    assert (ended.exit_code, ended.stdout) == (2, "")
    assert "md5-service migrate" in ended.stderr


@pytest.mark.parametrize("auth", ["keys", "none"])
def test_an_open_address_is_fine_for_who_has_said_who_may_come(monkeypatch: pytest.MonkeyPatch, auth: str) -> None:
    with pytest.raises(up.CannotStart, match="MD5_AUTH=keys"):
        up._refuse_open_doors("0.0.0.0")
    monkeypatch.setenv("MD5_AUTH", auth)
    up._refuse_open_doors("0.0.0.0")
