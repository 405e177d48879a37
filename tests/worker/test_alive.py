"""If MD5_ALIVE_FILE names a file, a worker touches it as long as its main loop runs: health checks look at its age."""

import os
import signal
import time
from pathlib import Path

from md5_service.worker.alive import TOUCH_S
from tests.client import wait_for
from tests.cluster import Cluster
from tests.servers.valkey import Valkey


def test_a_worker_touches_its_file_and_one_that_stands_still_does_not(tmp_path: Path, valkey: Valkey) -> None:
    file = tmp_path / "alive"
    cluster = Cluster(tmp_path, f"sqlite:///{tmp_path}/md5.sqlite3", valkey.url, workers=1, alive_file=file)
    for name in ("api-0", "upkeep", "beat"):
        cluster.members[name].is_wanted = False
    try:
        cluster.start(ready_s=0)
        wait_for(file.exists, "the worker to show itself")
        for _ in range(2):
            os.utime(file, (0, 0))
            wait_for(lambda: file.stat().st_mtime > 0, "the worker to show itself again", within_s=TOUCH_S + 5)
        os.kill(cluster.members["worker-0"].pid, signal.SIGSTOP)
        os.utime(file, (0, 0))
        time.sleep(TOUCH_S + 1)
        assert file.stat().st_mtime == 0
    finally:
        cluster.end()
