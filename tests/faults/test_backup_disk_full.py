"""A backup or a restore for which there is no room says so, and leaves nothing."""

import os
from pathlib import Path

from md5_task_data.database.engine import Database
from tests import forked
from tests.data.place import Place, fill
from tests.databases import new_sqlite
from tests.faults.commands import NO_PLACE, environment_of, md5_service
from tests.faults.small_disk import MIB, small_disk
from tests.service import COMMAND


def test_a_disk_that_is_full_is_told_and_nothing_is_left(full: Place, tmp_path: Path) -> None:
    file = tmp_path / "b.tar"
    file.write_bytes(full.backup())
    with small_disk(tmp_path / "small", MIB // 2) as disk:
        made = md5_service("backup", disk.folder / "b.tar", *NO_PLACE, env=environment_of(full))
        assert (made.returncode, made.stdout) == (2, "")
        assert made.stderr == f"md5-service: {disk.folder}/b.tar: No space left on device\n"
        assert list(disk.folder.iterdir()) == []
        with open(disk.folder / "b.tar", "wb") as out:
            words, env = (
                [COMMAND, "backup", "-", *NO_PLACE],
                os.environ | environment_of(full) | {"PYTHONUNBUFFERED": "1"},
            )
            assert forked.run(words, env, Path.cwd(), stdout=out.fileno()).returncode == 2
        (disk.folder / "b.tar").unlink()
        assert full.found() == []
        place = Place(disk.folder, Database(f"sqlite:///{tmp_path}/other.sqlite3"))
        back = md5_service("restore", file, *NO_PLACE, env=environment_of(place))
        assert (back.returncode, back.stderr) == (2, "md5-service: the bucket's disk is full\n")
        assert place.is_empty()
        assert place.files() == {}
        place.database.close()


def test_a_bucket_that_is_full_is_told_and_nothing_is_left(tmp_path: Path) -> None:
    """Links take no room, but the rows that are written down beside them do."""
    with small_disk(tmp_path / "small", MIB) as disk:
        place = Place(disk.folder, Database(new_sqlite(tmp_path / "md5.sqlite3")))
        place.make()
        fill(place)
        disk.fill()
        before = place.files()
        made = md5_service("backup", tmp_path / "b.tar", *NO_PLACE, env=environment_of(place))
        assert (made.returncode, made.stderr) == (2, "md5-service: the bucket's disk is full\n")
        assert place.files() == before
        assert list(place.bucket.root.glob("backup-*")) == list(tmp_path.glob("b.tar*")) == []
        place.database.close()
