"""Stored bytes are durable before anyone is told about them."""

import os
from pathlib import Path

import pytest

from md5_task_data.bucket.folder import Bucket
from md5_task_data.errors import BytesMissing, DependencyAway
from tests.bucket import files, store

TASK = "01a201f5-3560-7681-96d2-5d5d82951648"


def test_bytes_are_synced_then_named_and_then_the_name_is_synced(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []
    real_sync, real_rename = os.fsync, Path.rename

    def sync(descriptor: int) -> None:
        steps.append(f"sync {Path(os.readlink(f'/proc/self/fd/{descriptor}')).relative_to(bucket.root)}")
        real_sync(descriptor)

    def rename(path: Path, target: Path) -> Path:
        steps.append(f"rename {path.relative_to(bucket.root)} {target.relative_to(bucket.root)}")
        return real_rename(path, target)

    incoming = bucket.receive(TASK)
    incoming.write([b"abc", b"def"])
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", sync)
        patch.setattr(Path, "rename", rename)
        incoming.store()
    assert steps == [f"sync tmp/{TASK}", "sync .", f"rename tmp/{TASK} 48/{TASK}", "sync 48"]
    with bucket.open(TASK) as file:
        assert file.read() == b"abcdef"


def test_what_is_discarded_leaves_nothing(bucket: Bucket) -> None:
    for is_stored in (False, True):
        incoming = bucket.receive(TASK)
        incoming.write([b"abc"])
        if is_stored:
            incoming.store()
        incoming.discard()
        assert files(bucket.root) == []


def test_bytes_that_are_gone_are_told_from_a_bucket_that_is_away(bucket: Bucket) -> None:
    with pytest.raises(DependencyAway):
        bucket.open(TASK)
    bucket.receive(TASK).discard()
    with pytest.raises(BytesMissing):
        bucket.open(TASK)


def test_shared_bytes_outlive_those_they_were_shared_from(bucket: Bucket) -> None:
    other = TASK[:-2] + "00"
    store(bucket, TASK, b"abc")
    bucket.share(TASK, other)
    bucket.delete(TASK)
    bucket.delete(TASK)
    with bucket.open(other) as file:
        assert file.read() == b"abc"
    with pytest.raises(BytesMissing):
        bucket.share(TASK, TASK[:-2] + "01")


def test_nothing_is_deleted_from_a_bucket_that_is_away(bucket: Bucket) -> None:
    store(bucket, TASK, b"abc")
    away = bucket.root.rename(bucket.root.with_name("away"))
    with pytest.raises(DependencyAway):
        bucket.delete(TASK)
    away.rename(bucket.root)
    assert bucket.file(TASK).read_bytes() == b"abc"
