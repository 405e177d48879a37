"""A backup is of one moment, whatever goes on meanwhile, and has the bytes of all that has not ended in it."""

import dataclasses
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import IO

import pytest
import uuid_utils
from sqlalchemy import Connection, Table, func, insert, select, update

from md5_task_data import migrations, schema, tasks
from md5_task_data.database.engine import Database
from md5_task_data.errors import BytesMissing, InvalidInput
from md5_task_data.schema import metadata
from md5_task_data.upkeep import backup as backing
from md5_task_data.upkeep import rows
from md5_task_data.upkeep.doctor import examine
from md5_task_data.upkeep.staging import Staging, staging
from tests.bucket import store
from tests.data.place import ODD, Place, everything, staged
from tests.servers.mariadb import MariaDb
from tests.servers.postgres import Postgres


@pytest.mark.shows("md5-service backup")
def test_what_changes_while_rows_are_written_down_is_not_in_it(
    empty: Place, full: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One state of all tables, and of the log."""
    real, later = rows.dump, []

    def dump(db: Connection, each: Table, file: IO[bytes]) -> int:
        later.append(full.ended(filename="later", content=b"abc"))
        full.flush()
        return real(db, each, file)

    before = everything(full.database)
    monkeypatch.setattr("md5_task_data.upkeep.backup.dump", dump)
    archive, holds = full.backup_and_tell()
    assert len(later) == len(metadata.sorted_tables)
    assert (holds.rows["tasks"], holds.rows["log_lines"]) == (len(before["tasks"]), len(before["log_lines"]))
    empty.restore(archive)
    assert empty.found() == []
    assert not {row[0] for row in everything(empty.database)["tasks"]} & set(later)


def test_bytes_that_are_deleted_after_their_link_are_in_it(
    place: Place, other: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    def delete_all(*_: object) -> dict[str, int]:
        for name in before:
            place.bucket.delete(name)
        return {}

    before = place.files()
    real = backing._write
    monkeypatch.setattr(backing, "_write", lambda *given: (delete_all(), real(*given))[1])
    other.restore(place.backup())
    assert place.files() == {}
    assert other.files() == before
    assert other.found() == []


@pytest.mark.parametrize("has_ended", [False, True])
def test_a_task_that_lets_go_of_its_bytes_before_they_are_linked_makes_the_snapshot_anew(
    place: Place, other: Place, monkeypatch: pytest.MonkeyPatch, has_ended: bool
) -> None:
    """It is handed over when the links were made, and its bytes are deleted when the snapshot was taken: so that in the snapshot
    it has them, ended or not."""
    real = backing._link_missing
    snapshots: list[dict[str, bool]] = []

    def link(db: Connection, stage: Staging) -> dict[str, bool]:
        db.scalar(select(func.count()).select_from(schema.tasks))
        if not snapshots:
            place.bucket.delete(quick)
            with place.database.transaction() as writing:
                if not has_ended:
                    tasks.cancel(writing, "local", quick)
            place.flush()
            with place.database.transaction() as writing:
                writing.execute(update(schema.tasks).where(schema.tasks.c.id == quick).values(due_at=None))
        found = real(db, stage)
        snapshots.append(found)
        return found

    linked = backing._link_kept
    quick = ""

    def link_kept(database: Database, stage: Staging) -> None:
        nonlocal quick
        linked(database, stage)
        if not quick:
            quick = place.ended() if has_ended else place.queued()
            place.flush()

    monkeypatch.setattr(backing, "_link_kept", link_kept)
    monkeypatch.setattr(backing, "_link_missing", link)
    archive = place.backup()
    assert snapshots == [{quick: has_ended}, {}]
    other.restore(archive)
    assert other.found() == []
    with other.database.reading() as db:
        assert tasks.get(db, "local", quick)["outcome"] == "cancelled"


def test_bytes_that_are_gone_for_good_are_told(place: Place) -> None:
    lost = place.queued()
    place.bucket.delete(lost)
    with pytest.raises(BytesMissing, match=f"the bytes of 1 unfinished tasks .*{lost}.* doctor"):
        place.backup()
    assert staged(place) == []


def test_what_has_ended_needs_no_bytes(place: Place, other: Place) -> None:
    lost = place.ended()
    place.flush()
    place.bucket.delete(lost)
    other.restore(place.backup())
    assert other.found() == ["bytes_missing"] == place.found()


def test_a_backup_has_no_orphans_and_makes_none_look_young(place: Place, other: Place) -> None:
    """Of no row, and of one whose bytes were to be deleted long ago: with a backup a day they would stay for ever."""
    settled = place.ended()
    place.flush()
    with place.database.transaction() as db:
        db.execute(update(schema.tasks).where(schema.tasks.c.id == settled).values(due_at=None))
    lost = {store(place.bucket), settled}
    before = {file.task_id: file.touched_at for file in place.bucket.stored() if file.task_id in lost}
    other.restore(place.backup())
    assert {file.task_id: file.touched_at for file in place.bucket.stored() if file.task_id in lost} == before
    assert not lost & other.files().keys()


def test_a_database_of_another_version_is_not_backed_up(place: Place) -> None:
    migrations.downgrade(place.database, "0008")
    with pytest.raises(InvalidInput, match="schema is not that of this version"):
        place.backup()


def test_one_that_was_killed_before_it_had_its_lock_goes_with_the_next(place: Place) -> None:
    unlocked = place.bucket.root / "backup-0123456789abcdef"
    unlocked.mkdir()
    with staging(place.bucket, "backup") as stage:
        assert list(place.bucket.root.glob("backup-*")) == [stage.folder]
    assert list(place.bucket.root.glob("backup-*")) == []


def test_what_a_killed_one_left_is_told_and_goes_with_the_next(place: Place) -> None:
    with staging(place.bucket, "backup") as alive:
        dead = place.bucket.root / "restore-0123456789abcdef"
        (dead / "ab").mkdir(parents=True)
        (dead / "lock").touch()
        (place.bucket.root / "backup-of-mine").mkdir()
        assert [finding.about for finding in examine(place.database, place.bucket, place.log)] == [str(dead)]
        place.backup()
        assert sorted(staged(place)) == sorted([alive.folder.name, "backup-of-mine"])
    assert staged(place) == ["backup-of-mine"]
    assert place.found() == []


@pytest.mark.long
@pytest.mark.timeout(600)
def test_memory_is_flat(
    place: Place, postgres: Postgres, mariadb: MariaDb, tmp_path: Path, figure: Callable[[str], None]
) -> None:
    """100,000 tasks, as many contacts and 20,000 stored files cost a process that makes a backup, or brings it back, hardly more
    than a handful."""
    few, _ = at_its_most(place, tmp_path / "few.tar", "backup")
    fill_up(place, 100_000, 20_000)
    many, took_s = at_its_most(place, tmp_path / "many.tar", "backup")
    size = (tmp_path / "many.tar").stat().st_size >> 20
    figure(f"sqlite, backup: {took_s:.1f} s, {size} MiB; {few} MiB for a handful of rows, {many} for 200,000")
    assert many < few + MOST_MORE
    for url in (f"sqlite:///{tmp_path}/again.sqlite3", postgres.new_empty_database(), mariadb.new_empty_database()):
        make = url.partition(":")[0]
        other = Place(tmp_path / f"{make}-place", Database(url))
        other.make()
        back, took_s = at_its_most(other, tmp_path / "many.tar", "restore")
        again, again_s = at_its_most(other, tmp_path / f"{make}.tar", "backup")
        figure(f"{make}, restore: {took_s:.1f} s, {back} MiB; backup of that: {again_s:.1f} s, {again} MiB")
        assert max(back, again) < few + MOST_MORE
        other.database.close()


MOST_MORE = 40  # MiB


MEASURED = """
import sys, time
from pathlib import Path
from md5_task_data.upkeep.backup import backup
from md5_task_data.bucket.folder import Bucket
from md5_task_data.database.engine import Database
from md5_task_data.upkeep.restore import restore
what, file, url, root, log = sys.argv[1:]
began = time.monotonic()
with open(file, "wb" if what == "backup" else "rb") as archive:
    if what == "backup":
        backup(Database(url), Bucket(f"file://{root}"), Path(log), archive)
    else:
        restore(archive, Database(url), Bucket(f"file://{root}"), Path(log), 60)
most = next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(int(most) >> 10, time.monotonic() - began)
"""


def at_its_most(place: Place, file: Path, what: str) -> tuple[int, float]:
    """MiB that a process of its own took, and seconds."""
    url = place.database.url.render_as_string(hide_password=False)
    command = [sys.executable, "-c", MEASURED, what, str(file), url, str(place.bucket.root), str(place.log)]
    words = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.split()
    return int(words[0]), float(words[1])


def fill_up(place: Place, rows: int, files: int) -> None:
    """With tasks that have not ended; of the last ones the bytes are in the bucket."""
    step, first = 1000, place.queued()
    for start in range(0, rows, step):
        ids = [str(uuid_utils.uuid7()) for _ in range(step)]
        news = [tasks.NewTask(task_id, "local", "md5", f"{ODD}{task_id}", 3, content=b"abc") for task_id in ids]
        if start >= rows - files:
            news = [dataclasses.replace(new, content=None) for new in news]
            for task_id in ids:
                place.bucket.share(first, task_id)
        row = {"line": 2, "owner": "local", "name": ODD, "data": json.dumps({"é": ODD})}
        found = [row | {"task_id": task_id, "key": f"{task_id}@x.org", "email": f"{task_id}@x.org"} for task_id in ids]
        with place.database.transaction() as db:
            tasks.create_all(db, [(new, None) for new in news])
            db.execute(insert(schema.contacts), found)
