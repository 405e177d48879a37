"""Which of xdist's processes gets which test, and when: what shares something that takes long to start goes together, and what
takes longest begins first, for nobody to be left alone with it at the end.

xdist's own groups (`--dist loadgroup`) do nothing with pytest 9.2: https://github.com/pytest-dev/pytest-xdist/issues/1386
"""

import pytest
from xdist.scheduler import LoadScopeScheduling

TOGETHER = {
    "tests/browser/test_accessibility.py": "looks at the page",
    "tests/browser/test_contacts_page.py": "journeys on the page",
    "tests/browser/test_page.py": "journeys on the page",
    "tests/browser/test_sign_in.py": "journeys on the page",
    "tests/browser/test_tasks_page.py": "journeys on the page",
    "tests/deployment/test_monitoring.py": "one Prometheus",
    "tests/faults/test_mutants.py": "one process that has imported the libraries",
    "tests/faults/test_broker_outages.py": "one RabbitMQ that is broken",
}
FIRST = ("browser", "faults", "end_to_end", "deployment", "fuzz", "cli", "bench", "house", "worker")


class Scheduling(LoadScopeScheduling):  # type: ignore[misc]  # it has no types
    """A group is given out whole, the largest first; any other test by itself, in the order in which it was collected."""

    def _split_scope(self, nodeid: str) -> str:
        return TOGETHER.get(nodeid.partition("::")[0], nodeid)


def put_in_order(items: list[pytest.Item]) -> None:
    """By folder; within one they stay as they are, shuffled."""

    def place(item: pytest.Item) -> int:
        folder = item.nodeid.split("/")[1]
        return FIRST.index(folder) if folder in FIRST else len(FIRST)

    items.sort(key=place)
