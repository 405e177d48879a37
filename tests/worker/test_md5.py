"""The kind `md5`: the same digest as `md5sum`, and a verdict if a digest was expected."""

import hashlib
import os
from collections.abc import Iterator
from typing import Any

import pytest

from md5_service.worker.job import BLOCK
from md5_service.worker.kinds import md5


class Bytes:
    """What a kind uses of a job, over bytes in memory."""

    def __init__(self, content: bytes, **params: str) -> None:
        self.content = content
        self.params = params

    def blocks(self) -> Iterator[memoryview]:
        for start in range(0, len(self.content), BLOCK):
            yield memoryview(self.content)[start : start + BLOCK]


def work(content: bytes, **params: str) -> dict[str, Any]:
    return md5.work(Bytes(content, **params)).as_json()  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("content", "digest"),
    [  # the test suite of RFC 1321
        (b"", "d41d8cd98f00b204e9800998ecf8427e"),
        (b"a", "0cc175b9c0f1b6a831c399e269772661"),
        (b"abc", "900150983cd24fb0d6963f7d28e17f72"),
        (b"message digest", "f96b697d7cb7938d525a2f31aaf161d0"),
        (b"1234567890" * 8, "57edf4a22be3c955ac49da2e2107b67a"),
    ],
)
def test_the_digests_of_the_standard(content: bytes, digest: str) -> None:
    assert work(content) == {"md5": digest}


@pytest.mark.parametrize("size", [BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK])
def test_sizes_around_a_block(size: int) -> None:
    content = os.urandom(size)
    assert work(content)["md5"] == hashlib.md5(content).hexdigest()


@pytest.mark.shows("an expected digest gets a verdict")
def test_an_expected_digest_gets_a_verdict() -> None:
    right = "900150983cd24fb0d6963f7d28e17f72"
    assert work(b"abc", expected_md5=right) == {"md5": right, "expected": right, "match": True}
    assert work(b"abd", expected_md5=right)["match"] is False
