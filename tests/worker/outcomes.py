"""The outcome of a file of contacts: either it is accepted and every row is accounted for, or it fails with a message that
says what to do."""

import csv
import io
from typing import Any

from tests.worker.conftest import Loaded, Loading


def loaded(load: Loading, content: bytes | str, **params: Any) -> Loaded:
    """The outcome of an accepted file; its counts agree with one another and with the stored rows."""
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
    """Code and detail of a failure."""
    task = load(content, **params).task
    assert task["outcome"] == "failed"
    return task["error"]["code"], task["error"]["detail"]
