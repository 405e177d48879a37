"""The bytes of a large file are durable before its id is returned, although syncing starts during the upload."""

import errno
import itertools
import os
from collections.abc import Callable, Iterator

import pytest

from md5_service.api.upload import sink
from tests.api.answers import assert_problem
from tests.api.conftest import Api
from tests.client import wait_for


@pytest.fixture
def api(start_api: Callable[..., Api], monkeypatch: pytest.MonkeyPatch) -> Api:
    monkeypatch.setattr(sink, "SYNCED_AT_ONCE", sink.BLOCK)
    return start_api()


def test_the_disk_begins_while_more_comes(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []

    def noted(descriptor: int) -> None:
        sizes.append(os.fstat(descriptor).st_size)

    monkeypatch.setattr(os, "fdatasync", noted)
    content = os.urandom(8 * sink.BLOCK)

    def pieces() -> Iterator[bytes]:
        yield content[: 4 * sink.BLOCK]
        wait_for(lambda: sizes, "the disk to begin")
        yield content[4 * sink.BLOCK :]

    answer = api.client.post("/v1/tasks", content=pieces())
    assert answer.status_code == 202
    assert 0 < sizes[0] < len(content)
    assert api.client.get(f"/v1/tasks/{answer.json()['id']}/file").content == content


@pytest.mark.parametrize("number", [1, 2])  # the call that fails: one with others after it, or perhaps the last
def test_what_the_disk_could_not_keep_is_refused_whenever_it_said_so(
    api: Api, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    calls = itertools.count(1)

    def failing(_descriptor: int) -> None:
        if next(calls) == number:
            raise OSError(errno.EIO, "the disk is broken")  # Linux reports it once, to one of the callers

    monkeypatch.setattr(os, "fdatasync", failing)
    assert_problem(api.client.post("/v1/tasks", content=bytes(6 * sink.BLOCK)), 503, "unavailable")
    assert next(calls) > number
    assert (api.count(), api.stored()) == (0, [])
