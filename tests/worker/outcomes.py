"""What comes of a file of contacts: it is taken, and every row is accounted for; or it fails, in words that say what to do."""

import csv
import io
from typing import Any

from tests.worker.conftest import Loaded, Loading


def loaded(load: Loading, content: bytes | str, **params: Any) -> Loaded:
    """What came of a file that is taken; its counts agree with one another, and with what is kept."""
    found = load(content, **params)
    assert found.task["outcome"] == "done", found.task["error"]
    rows, inserted, duplicate, invalid = found.counts
    assert rows == inserted + duplicate + invalid
    assert inserted == len(found.records)
    assert invalid == len(rejected(found))
    return found


def rejected(found: Loaded) -> list[list[str]]:
    return list(csv.reader(io.StringIO(found.rejects, newline="")))[1:]


def failed(load: Loading, content: bytes | str, **params: Any) -> tuple[str, str]:
    """Code and words of a failure."""
    task = load(content, **params).task
    assert task["outcome"] == "failed"
    return task["error"]["code"], task["error"]["detail"]
