"""Workers are killed again and again while they load one file together: the table, the counts and the rejects are the same,
row by row, as with one undisturbed worker."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from md5_service.settings import Settings
from md5_service.worker.app import kinds
from md5_service.worker.lifecycle import Lifecycle
from md5_task_data import tasks
from md5_task_data.bucket.folder import Bucket
from md5_task_data.database.engine import Database
from md5_task_data.queue.hints import Message
from md5_task_data.schema import contacts, rejects
from tests.bucket import store
from tests.client import IN_TIME_S, wait_for
from tests.cluster import Cluster
from tests.faults.conftest import StartCluster
from tests.faults.oracle import KEPT, counts, unfinished
from tests.faults.partners_file import partners_file
from tests.faults.schedule import SEED, carry_out, draw
from tests.servers.postgres import Postgres
from tests.servers.valkey import Valkey

LEASE_S = 1
PART_BYTES = 16 << 10
ID = "01a206e2-0000-7000-8000-000000000000"


def everything(database_url: str) -> tuple[set[tuple[Any, ...]], bytes]:
    """The contacts without their task, and the rejects as one text."""
    database = Database(database_url)
    columns = [contacts.c[name] for name in ("line", "owner", "key", "email", "name", "data")]
    with database.reading() as db:
        rows = {tuple(row) for row in db.execute(select(*columns))}
        pieces = db.scalars(select(rejects.c.csv).order_by(rejects.c.task_id, rejects.c.line, rejects.c.piece)).all()
    database.close()
    return rows, b"".join(pieces)


def quietly(database_url: str, cluster: Cluster, content: bytes) -> dict[str, Any]:
    """Load the file with one undisturbed worker; returns the result."""
    own: dict[str, Any] = {"database_url": database_url, "broker_url": "memory://", "log_path": cluster.log_path}
    settings = Settings(**own, bucket_url=f"file://{cluster.folder}/bucket", part_bytes=PART_BYTES)
    database, bucket = Database(database_url), Bucket(settings.bucket_url)
    with database.transaction() as db:
        tasks.create(db, tasks.NewTask(ID, "local", "contacts", "quiet.csv", len(content)))
    store(bucket, ID, content)
    hints = [Message([ID])]
    worker = Lifecycle(settings, database, bucket, kinds(), hints.extend)
    while hints:
        worker.run(hints.pop(0).task_ids)
    with database.reading() as db:
        result = tasks.get(db, "local", ID)["result"]
    bucket.delete(ID)
    database.close()
    return dict(result)


@pytest.mark.timeout(900)
def test_a_load_survives_its_workers(
    own_postgres: Postgres,
    valkey: Valkey,
    start_cluster: StartCluster,
    is_long: bool,
    figure: Callable[[str], None],
) -> None:
    rows, kills, over_s = (200_000, 50, 40) if is_long else (12_000, 10, 5)
    url = own_postgres.new_database()
    cluster = start_cluster(
        url,
        valkey.url,
        workers=3,
        lease_s=LEASE_S,
        sweep_s=0.5,
        max_attempts=1000,
        part_bytes=PART_BYTES,
        log_level="error",
    )
    content = partners_file(rows)
    began = time.monotonic()
    task_id = cluster.hand_over(content, "partner.csv", kind="contacts")
    faults = draw(SEED, kills=2 * kills, stops=0, over_s=over_s, stopped_s=0)
    hits = carry_out([fault for fault in faults if fault.role == "worker"][:kills], cluster)
    done = cluster.ended(task_id, within_s=IN_TIME_S + over_s)
    took_s = time.monotonic() - began
    wait_for(lambda: unfinished(url) == 0, "the parts to be cleared away")
    cluster.stop()
    quiet_url = own_postgres.new_database()
    expected = quietly(quiet_url, cluster, content)
    found, wanted = everything(url), everything(quiet_url)
    figure(
        f"seed {SEED}, {rows} rows in parts of {PART_BYTES} bytes, leases of {LEASE_S} s; {hits.kills} kills; "
        f"ended {took_s:.1f} s after the upload; {len(found[0])} contacts, {done['result']}"
    )
    assert hits.kills == kills
    assert done["result"] == expected
    assert found == wanted
    assert expected["rows"] == rows == expected["inserted"] + expected["duplicate"] + expected["invalid"]
    assert len(found[0]) == expected["inserted"]
    assert counts(url, cluster.log_path, {}) == KEPT
