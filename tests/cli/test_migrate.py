"""`md5-service migrate` before the database is up: the two may start in any order."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from md5_task_data import migrations
from md5_task_data.database.engine import Database
from tests.client import IN_TIME_S
from tests.servers.postgres import Postgres

COMMAND = str(Path(sys.executable).with_name("md5-service"))


def environment(folder: Path, database_url: str) -> Mapping[str, str]:
    own = {"DATABASE_URL": database_url, "BROKER_URL": "memory://", "BUCKET_URL": f"file://{folder}/new/bucket"}
    return os.environ | {
        f"MD5_{name}": value for name, value in (own | {"LOG_PATH": f"{folder}/log/tasks.log"}).items()
    }


def test_it_waits_for_the_database_as_long_as_it_is_told_to(tmp_path: Path) -> None:
    server = Postgres(tmp_path / "server")
    with server:
        url = server.new_empty_database()
        server.stop()
        settings = environment(tmp_path, url)
        at_once = subprocess.run([COMMAND, "migrate"], env=settings, capture_output=True, text=True, timeout=IN_TIME_S)
        assert (at_once.returncode, at_once.stdout) == (2, "")
        assert "md5-service: the database is unavailable: " in at_once.stderr
        waiting = subprocess.Popen(
            [COMMAND, "migrate", "--wait", "60"], env=settings, stderr=subprocess.PIPE, text=True
        )
        assert waiting.stderr is not None
        said = waiting.stderr.readline()  # printed after a second
        assert said.startswith("md5-service: waiting for the database: the database is unavailable: ")
        server.start()
        more = waiting.communicate(timeout=IN_TIME_S)[1]
        assert waiting.returncode == 0, more
        database = Database(url)
        assert migrations.is_current(database)
        database.close()
    assert (tmp_path / "new" / "bucket").is_dir()
    assert (tmp_path / "log").is_dir()


def test_what_no_waiting_mends_is_told_at_once(tmp_path: Path) -> None:
    settings = dict(environment(tmp_path, "nonsense"))
    done = subprocess.run(
        [COMMAND, "migrate", "--wait", "600"], env=settings, capture_output=True, text=True, timeout=IN_TIME_S
    )
    assert done.returncode == 2
    assert done.stderr.startswith("md5-service: MD5_DATABASE_URL: ")
