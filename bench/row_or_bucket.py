"""Where to store the bytes of small files: in the database beside their rows, or in files of the bucket. Measures how long
it takes to make a commit durable, on PostgreSQL with fsync on, on this disk and on one with a slow fsync."""

import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median

import uuid_utils

from md5_task_data import migrations, tasks
from md5_task_data.bucket.folder import Bucket
from md5_task_data.database.engine import Database
from tests.servers.postgres import Postgres

SIZES = (1 << 10, 4 << 10, 16 << 10, 64 << 10)  # bytes
TOGETHER = (1, 32)  # files per commit
ROUNDS = 25
THREADS = 16  # that write to the bucket at the same time, as in `api.upload.sink`
SLOW_MS = 10
SHIM = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <unistd.h>
static int late(const char *name, int file) {
    usleep(%d000);
    return ((int (*)(int))dlsym(RTLD_NEXT, name))(file);
}
int fsync(int file) { return late("fsync", file); }
int fdatasync(int file) { return late("fdatasync", file); }
"""

Row = tuple[str, str]


def measure(folder: Path) -> list[Row]:
    """The time of one commit with its bytes in the bucket, divided by that with them in the database; the two take turns."""
    folder.chmod(0o755)  # PostgreSQL's own user must have access, too
    (folder / "late.c").write_text(SHIM % SLOW_MS)
    late = folder / "late.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-o", str(late), str(folder / "late.c"), "-ldl"], check=True)
    return [*_on(folder / "fast", {}), *_on(folder / "slow", {"LD_PRELOAD": str(late)})]


def _on(disk: Path, environment: dict[str, str]) -> list[Row]:
    """Runs in a process of its own, because the database server must be on the same disk."""
    command = [sys.executable, "-m", "bench.row_or_bucket", str(disk)]
    done = subprocess.run(command, env=os.environ | environment, stdout=subprocess.PIPE, check=True)
    return [(what, measured) for what, measured in json.loads(done.stdout)]


def _compare(folder: Path) -> list[Row]:
    folder.mkdir()
    disk = f"fsync takes {_fsync_ms(folder):.1f} ms"
    bucket = Bucket(f"file://{folder}/bucket")
    bucket.make()
    rows = []
    with Postgres(folder / "postgres", fsync=True) as postgres, ThreadPoolExecutor(THREADS) as threads:
        database = Database(postgres.new_database())
        migrations.upgrade(database)
        for size in SIZES:
            for together in TOGETHER:
                in_bucket, in_database = [], []
                for _ in range(ROUNDS):
                    in_bucket.append(_commit(database, size, together, bucket, threads))
                    in_database.append(_commit(database, size, together))
                a, b = median(in_bucket), median(in_database)
                files = f"{together} file{'s' * (together > 1)} of {size >> 10} KiB"
                rows.append((f"{disk}: {files}", f"bucket {a * 1e3:.1f} ms, database {b * 1e3:.1f} ms: {a / b:.1f} x"))
        database.close()
    return rows


def _commit(
    database: Database,
    size: int,
    together: int,
    bucket: Bucket | None = None,
    threads: ThreadPoolExecutor | None = None,
) -> float:
    """Seconds for one commit; if a bucket is given, the bytes go there."""
    files = {str(uuid_utils.uuid7()): os.urandom(size) for _ in range(together)}
    began = time.perf_counter()
    if bucket is not None and threads is not None:
        list(threads.map(lambda task_id: _store(bucket, task_id, files[task_id]), files))
    with database.transaction() as db:
        content = None if bucket else files
        tasks.create_all(
            db,
            [
                (tasks.NewTask(task_id, "local", "md5", "x", size, content=content[task_id] if content else None), None)
                for task_id in files
            ],
        )
    return time.perf_counter() - began


def _store(bucket: Bucket, task_id: str, content: bytes) -> None:
    incoming = bucket.receive(task_id)
    incoming.write([content])
    incoming.store()


def _fsync_ms(folder: Path) -> float:
    took = []
    with open(folder / "probe", "wb", buffering=0) as file:
        for _ in range(50):
            file.write(bytes(4096))
            began = time.perf_counter()
            os.fdatasync(file.fileno())
            took.append(time.perf_counter() - began)
    return median(took) * 1e3


if __name__ == "__main__":
    print(json.dumps(_compare(Path(sys.argv[1]))))
