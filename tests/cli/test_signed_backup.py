"""Signing a backup as docs/security.md describes it: a modified backup is never restored."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from md5_task_data.database.engine import Database
from tests import forked
from tests.checkout import ROOT
from tests.client import IN_TIME_S
from tests.data.place import Place
from tests.databases import new_sqlite
from tests.service import COMMAND

SECTION = (ROOT / "docs" / "security.md").read_text().partition("## Sign a backup")[2]
SIGN, RESTORE = re.findall(r"^```sh\n(.*?)^```", SECTION, re.M | re.S)


@pytest.mark.skipif(not shutil.which("ssh-keygen"), reason="there is no OpenSSH here")
def test_a_backup_is_signed_and_a_changed_one_is_not_restored(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    place = Place(tmp_path / "data", Database(new_sqlite(tmp_path / "data" / "md5.sqlite3")))
    place.make()
    place.queued(content=b"abc")
    place.database.close()
    assert run(SIGN, tmp_path).returncode == 0
    archive, signature = tmp_path / "monday.tar", tmp_path / "monday.tar.sig"
    whole, right, middle = archive.read_bytes(), signature.read_bytes(), archive.stat().st_size // 2
    for changed in (whole[:-1], whole + b"\0", whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :]):
        archive.write_bytes(changed)
        assert_refused(tmp_path)
    archive.write_bytes(whole)
    assert run("ssh-keygen -q -t ed25519 -N '' -f other_key", tmp_path).returncode == 0
    for how in ("-n md5-service -f other_key", "-n file -f backup_key"):
        signature.unlink()
        assert run(f"ssh-keygen -Y sign {how} monday.tar", tmp_path).returncode == 0
        assert_refused(tmp_path)
    signature.write_bytes(right)
    assert run(RESTORE, tmp_path).returncode == 0
    with Database(f"sqlite:///{tmp_path}/elsewhere/md5.sqlite3").reading() as db:
        assert db.exec_driver_sql("SELECT count(*) FROM tasks").scalar() == 1


def assert_refused(folder: Path) -> None:
    refused = run(RESTORE, folder)
    assert refused.returncode == 255, refused
    assert not (folder / "elsewhere").exists()


def run(commands: str, folder: Path) -> subprocess.CompletedProcess[bytes]:
    """Run the commands as a user types them in this folder; the first failure ends it."""
    for command in re.split(r"\n|&&", commands.strip()):
        words = command.partition("#")[0].strip()
        if words.startswith("md5-service "):
            ran = forked.run([COMMAND, *words.split()[1:]], os.environ, folder)
        else:
            ran = subprocess.run(words, shell=True, cwd=folder, capture_output=True, timeout=IN_TIME_S)
        if ran.returncode != 0:
            break
    return ran
