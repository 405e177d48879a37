"""Only MD5_* variables count: what another application exports for its own Celery, broker and database changes nothing here."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

from tests.client import IN_TIME_S
from tests.cluster import Cluster, running
from tests.servers.postgres import Postgres
from tests.servers.valkey import Valkey

NOWHERE = "redis://127.0.0.1:9/0"
FOREIGN = {
    **dict.fromkeys(("BROKER_URL", "CELERY_BROKER_URL", "CELERY_BROKER_READ_URL", "CELERY_BROKER_WRITE_URL"), NOWHERE),
    **dict.fromkeys(("CELERY_RESULT_BACKEND", "RESULT_BACKEND"), NOWHERE),
    **dict.fromkeys(("CELERY_CONFIG_MODULE", "CONFIG_MODULE"), "shop.celeryconfig"),
    **dict.fromkeys(("CELERY_LOADER", "LOADER"), "shop.loader.Loader"),
    "APP": "shop.celery:app",
    "CELERY_TASK_ALWAYS_EAGER": "1",
    "CELERY_CUSTOM_WORKER_POOL": "shop.pool:Pool",
    "CELERY_LOG_LEVEL": "10",
    "CELERY_LOG_FILE": "/nowhere/celery.log",
    "CELERY_RDBSIG": "1",
    "CELERY_SKIP_CHECKS": "1",
    "CELERY_TRACE_APP": "1",
    "C_FORCE_ROOT": "1",
    "C_FAKEFORK": "1",
    "C_STRICT_APP": "1",
    "C_WARN_APP": "1",
    "DJANGO_SETTINGS_MODULE": "shop.settings",
    "KOMBU_LOG_CHANNEL": "1",
    "KOMBU_LOG_CONNECTION": "1",
    "KOMBU_LOG_DEBUG": "1",
    "REMAP_SIGTERM": "SIGQUIT",
    "SKIP_CHECKS": "1",
    "WEB_CONCURRENCY": "3",
    "AUTOSCALE_KEEPALIVE": "1",
    "DATABASE_URL": "postgresql://127.0.0.1:9/shop",
    "OTEL_PROPAGATORS": "b3",
    "OTEL_PYTHON_CONTEXT": "shop_context",
    "PGDATABASE": "shop",
    "PGHOST": "127.0.0.9",
    "PGHOSTADDR": "127.0.0.9",
    "PGOPTIONS": "-c search_path=shop",
    "PGPASSWORD": "shop",
    "PGPORT": "9",
    "PGSERVICE": "shop",
    "PGSSLMODE": "verify-full",
    "PGUSER": "shop",
    "REDIS_URL": NOWHERE,
}
SETTINGS = """
import json, os
from md5_service.broker import make_celery
from md5_service.settings import settings_of_process

settings = settings_of_process()
app = make_celery(settings)
urls = [connection.as_uri(include_password=True) for connection in (app.connection_for_read(), app.connection_for_write())]
for_libpq = [name for name in os.environ if name.startswith("PG")]
print(json.dumps([repr(settings), urls, type(app.loader).__name__, app.conf.humanize(with_defaults=True), for_libpq]))
"""


def test_the_settings_are_the_same_as_without_it(tmp_path: Path) -> None:
    assert len(FOREIGN) >= 40
    own = {
        "MD5_DATABASE_URL": f"sqlite:///{tmp_path}/md5.sqlite3",
        "MD5_BROKER_URL": "redis://:secret@127.0.0.1:6379/3",
        "MD5_BUCKET_URL": f"file://{tmp_path}",
        "MD5_LOG_PATH": f"{tmp_path}/tasks.log",
    }

    def settings_in(environment: dict[str, str]) -> list[object]:
        command = [sys.executable, "-c", SETTINGS]
        ran = subprocess.run(
            command, env=os.environ | environment | own, capture_output=True, text=True, timeout=IN_TIME_S
        )
        assert ran.returncode == 0, ran.stderr
        return list(json.loads(ran.stdout.splitlines()[-1]))

    here, there = settings_in(FOREIGN), settings_in({})
    assert here[1] == [own["MD5_BROKER_URL"]] * 2
    assert here == there


def test_a_service_started_in_it_keeps_its_promise_and_touches_nothing_else(postgres: Postgres, tmp_path: Path) -> None:
    with Valkey(tmp_path / "ours") as ours, Valkey(tmp_path / "theirs") as theirs:
        cluster = Cluster(tmp_path / "cluster", postgres.new_database(), ours.url, workers=1)
        cluster.environment |= FOREIGN | {name: theirs.url for name, value in FOREIGN.items() if value == NOWHERE}
        for member in cluster.members.values():
            member.is_forked = False  # as from a shell: variables count while modules are imported, too
        with running(cluster):
            task_id = cluster.hand_over(b"abc")
            assert cluster.ended(task_id)["result"] == {"md5": hashlib.md5(b"abc").hexdigest()}
        with theirs.client() as client:
            assert client.dbsize() == 0
