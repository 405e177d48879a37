"""Which process of xdist gets which test, and when. Tests that share something slow to start stay together, tests that compute
run in parallel with tests that wait, and the longest ones start early, so that none runs alone at the end.

xdist's own groups (`--dist loadgroup`) do nothing with pytest 9.2: https://github.com/pytest-dev/pytest-xdist/issues/1386
"""

import pytest
from xdist.scheduler import LoadScopeScheduling

TOGETHER = {
    "tests/browser/test_accessibility.py": "looks at the page",
    "tests/browser/test_contacts_page.py": "journeys on the page",
    "tests/browser/test_deliveries.py": "journeys on the page",
    "tests/browser/test_page.py": "journeys on the page",
    "tests/browser/test_sign_in.py": "journeys on the page",
    "tests/browser/test_tasks_page.py": "journeys on the page",
    "tests/deployment/test_containers.py": "containers that are broken",
    "tests/deployment/test_monitoring.py": "one Prometheus",
    "tests/deployment/test_proxy.py": "containers that are asked",
    "tests/deployment/test_containers_page.py": "containers that are asked",
    "tests/faults/test_mutants.py": "one process that has imported the libraries",
    "tests/faults/test_broker_outages.py": "one RabbitMQ that is broken",
}
# They start many processes; the slowest come first.
HEAVY = ("faults", "browser", "fuzz", "end_to_end", "deployment", "bench", "cli", "house")
LAST = 0.8  # of all tests: one that starts later would run alone at the end


class Scheduling(LoadScopeScheduling):  # type: ignore[misc]  # it is untyped
    """Groups are assigned whole, the largest first; all other tests one by one, in the order of collection."""

    def _split_scope(self, nodeid: str) -> str:
        return TOGETHER.get(nodeid.partition("::")[0], nodeid)


def put_in_order(items: list[pytest.Item]) -> None:
    """Spread the tests of the heavy folders, in this order, evenly among the others, which mostly wait. Within a folder they stay
    shuffled."""

    def folder(item: pytest.Item) -> str:
        return item.nodeid.split("/")[1]

    heavy = sorted((item for item in items if folder(item) in HEAVY), key=lambda item: HEAVY.index(folder(item)))
    light = [item for item in items if folder(item) not in HEAVY]
    place = {id(item): LAST * number / len(heavy) for number, item in enumerate(heavy)}
    place |= {id(item): number / len(light) for number, item in enumerate(light)}
    items.sort(key=lambda item: place[id(item)])
