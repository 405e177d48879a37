"""The life of one file, from the upload until nothing is due any more. The clock is set, so the test does not wait. But it also
keeps running: "just before a limit" is ten seconds before it."""

from pathlib import Path

import pytest

from md5_task_data import tasks
from md5_task_data.database.engine import Database
from md5_task_data.errors import LeaseLost
from md5_task_data.log.shared_log import SharedLog
from tests.data.conftest import NewTask
from tests.data.steps import beat, claim, expire, finish, later, put_back, row, sent, sweep

HOUR, DAY = 3600, 86400


def test_what_befalls_a_file_and_when(database: Database, new_task: NewTask, path: Path) -> None:
    log = SharedLog(database, path, keep_uploads_s=DAY)
    task_id = new_task()
    later(database, 20)
    assert sent(sweep(database)) == []  # the upload's own hint has half a minute to reach a worker
    later(database, 20)
    assert sent(sweep(database)) == [task_id]

    (first,) = claim(database, task_id)
    later(database, 20)
    assert sent(sweep(database)) == []
    beat(database, first)
    later(database, 20)
    assert sent(sweep(database)) == []  # the lease of 30 s began again
    later(database, 20)
    assert sent(sweep(database)) == [task_id]  # and has run out
    with pytest.raises(LeaseLost):
        finish(database, first)

    (second,) = claim(database, task_id)
    put_back(database, second, delay_s=30)
    later(database, 20)
    assert sent(sweep(database, publish_all=True)) == []
    later(database, 20)
    assert sent(sweep(database)) == [task_id]

    (third,) = claim(database, task_id)
    finish(database, third)
    later(database, HOUR)  # another process holds the log
    assert sent(sweep(database)) == []
    assert expire(database) == []
    assert row(database, task_id)["status"] == "computed"
    log.flush()
    assert len(path.read_bytes().splitlines()) == 1

    later(database, DAY - 60)
    assert expire(database) == []
    later(database, 120)
    assert expire(database) == [task_id]
    later(database, 365 * DAY)
    assert (sent(sweep(database, publish_all=True)), expire(database), log.pending()) == ([], [], False)
    kept = row(database, task_id)
    assert (kept["status"], kept["attempt"], kept["lost_leases"], kept["errors"]) == ("done", 3, 1, 1)
    assert [event["status"] for event in tasks.history(kept)] == [
        *("queued", "running", "queued", "running", "queued", "running", "computed", "done")
    ]
