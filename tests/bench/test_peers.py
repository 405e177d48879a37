"""The services that ours is compared with work; otherwise the comparison would mean nothing."""

import itertools
from pathlib import Path

import pytest

from bench.peers.contenders import BASELINE, OTHER_QUEUES, Contender
from bench.peers.load import digest, hand_over
from tests.client import in_a_thread, wait_for

FILES = 20


@pytest.mark.parametrize(
    "contender",
    [BASELINE, *(pytest.param(queue, marks=pytest.mark.long) for queue in OTHER_QUEUES)],
    ids=lambda contender: contender.name,
)
def test_a_peer_keeps_what_it_takes(contender: Contender, tmp_path: Path) -> None:
    with contender.start(tmp_path) as service:
        handed = in_a_thread(
            lambda: hand_over(service.port, service.request, itertools.count(), clients=FILES, seconds=0)
        )
        wait_for(lambda: service.done() == FILES and service.lines() >= FILES, "all to be done, with their lines")
        assert service.digests() == {digest(number) for number in handed.numbers}
        assert service.lines() == FILES
