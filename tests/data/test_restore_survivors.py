"""The database was lost, but not the log or the bucket: what a restore finds there is completed, kept or left alone."""

import pytest
import uuid_utils

from md5_task_data.errors import Conflict, DependencyAway
from md5_task_data.log.shared_log import SharedLog
from md5_task_data.upkeep import orphans
from md5_task_data.upkeep.orphans import Orphans
from tests.client import held_by_a_stranger
from tests.data.place import Place, emptied, staged


def test_the_log_of_another_service_is_left_as_it_is(place: Place, other: Place) -> None:
    other.make()
    other.log.write_bytes(b'{"seq":1}\n')
    with pytest.raises(Conflict, match="does not belong to this backup"):
        other.restore(place.backup())
    assert other.log.read_bytes() == b'{"seq":1}\n'
    assert other.is_empty()
    assert (other.files(), staged(other)) == ({}, [])


@pytest.mark.parametrize("left", ["nothing", "half a line", "no file"])
def test_a_log_that_is_older_than_the_backup_is_written_again(place: Place, left: str) -> None:
    place.flush()
    archive, whole = place.backup(), place.log.read_bytes()
    if left == "no file":
        place.log.unlink()
    else:
        place.log.write_bytes({"nothing": b"", "half a line": whole[: len(whole) // 2 - 5]}[left])
    restored = emptied(place).restore(archive)
    assert (restored.written > 0) == (left != "no file")
    assert place.log.read_bytes() == whole
    assert (restored.beyond, place.found()) == (0, [])


def test_a_log_that_is_newer_than_the_backup_is_told_and_kept(place: Place) -> None:
    archive, older = place.backup(), place.log.read_bytes()
    later = [place.ended(filename=f"later-{number}") for number in range(3)]
    place.flush()
    newer = place.log.read_bytes()
    restored = emptied(place).restore(archive)
    assert (restored.written, restored.beyond, restored.lost) == (0, 4, 3)  # one of them has no line in the file yet
    assert [f"{task_id} 'later-{number}'" for number, task_id in enumerate(later)] == restored.named
    (saved,) = place.log.parent.glob("*.beyond-*")
    assert older + saved.read_bytes() == newer
    assert place.log.read_bytes().startswith(older)
    assert restored.unknown == 3
    assert sorted(place.found()) == ["log_ahead", "restored"]


def test_a_log_that_cannot_be_written_now_is_told_and_comes_later(
    place: Place, other: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everything else is restored, so the restore has not failed."""
    place.flush()
    archive, whole = place.backup(), place.log.read_bytes()
    other.make()
    other.log.touch()
    with held_by_a_stranger(other.log):
        assert "is the service running?" in other.restore(archive).log_trouble
    other.flush()
    assert other.log.read_bytes() == whole

    def away(_: SharedLog) -> int:
        raise DependencyAway("the log's disk is away")

    emptied(other)
    with monkeypatch.context() as patch:
        patch.setattr(SharedLog, "flush", away)
        assert other.restore(archive).log_trouble == "the log's disk is away"
    assert other.found() == []


def test_files_that_no_row_keeps_stay_until_somebody_has_looked(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Log and rows are both the backup's, and so agree; the bucket is from a later time."""
    monkeypatch.setattr(orphans, "REST_S", 0)
    place.flush()
    archive = place.backup()
    later = [place.queued(), place.queued()]
    restored = emptied(place).restore(archive)
    assert (restored.beyond, restored.unknown) == (0, 2)
    sweeper = Orphans(place.database, place.bucket, place.log)
    assert sweeper.delete_some(safe_age_s=-60) == 0
    assert place.found() == ["restored"]
    (mark,) = orphans.marks(place.log)
    mark.rename(mark.with_name("looked-at"))
    assert sweeper.delete_some(safe_age_s=-60) == 2
    assert not set(later) & place.files().keys()
    assert place.found() == []


def test_where_the_bucket_has_nothing_else_there_is_nothing_to_be_looked_at(place: Place) -> None:
    place.flush()
    archive = place.backup()
    place.bucket.receive(str(uuid_utils.uuid7()))  # not promised to anyone
    one, another = sorted(place.files())[:2]
    place.bucket.file(one).write_bytes(b"damaged")
    shared = place.bucket.file(another).stat().st_ino
    restored = emptied(place).restore(archive)
    assert restored.files == 1  # the others are there
    assert place.bucket.file(another).stat().st_ino == shared
    assert orphans.marks(place.log) == []
    assert place.found() == []
