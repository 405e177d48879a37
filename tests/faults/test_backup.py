"""A service is backed up while it works, then destroyed. Everything uploaded before the backup began is there after a
restore, elsewhere, in a different database, with an empty broker."""

import shutil
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.client import IN_TIME_S, Client, wait_for
from tests.cluster import Cluster, running
from tests.faults.commands import NO_PLACE, done, md5_service
from tests.faults.journal import Journal
from tests.faults.oracle import KEPT, Counts, counts, unfinished
from tests.faults.partners_file import partners_file
from tests.faults.schedule import SEED
from tests.servers.mariadb import MariaDb
from tests.servers.postgres import Postgres
from tests.servers.valkey import Valkey
from tests.service import Service

Figure = Callable[[str], None]
Promised = Mapping[str, str | None]
LOAD_S = 600  # at most


class Load:
    """Clients that upload files of all sizes, and files of contacts among them."""

    def __init__(self, service: Client) -> None:
        self.journal = Journal([service.url], 50 * LOAD_S, SEED, clients=3, over_s=LOAD_S)
        self.contacts: list[str] = []
        self._service = service
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._hand_contacts_over, daemon=True)
        self.journal.start()
        self._thread.start()

    def _hand_contacts_over(self) -> None:
        while not self._stop.wait(0.2):
            self.contacts.append(self._service.hand_over(partners_file(2000), "partners.csv", kind="contacts"))

    def promised(self) -> dict[str, str | None]:
        return {**self.journal.promises, **dict.fromkeys(list(self.contacts))}

    def end(self) -> None:
        self._stop.set()
        self._thread.join(IN_TIME_S)
        self.journal.stop()


@pytest.mark.shows("md5-service backup")
@pytest.mark.timeout(600)
def test_all_is_destroyed_and_comes_back_elsewhere(
    start_service: Callable[..., Service],
    tmp_path: Path,
    postgres: Postgres,
    valkey: Valkey,
    is_long: bool,
    figure: Figure,
) -> None:
    """From what `./run` has, on SQLite, to separate processes on PostgreSQL, with a different bucket and log."""
    first_s, backups = (20, 10) if is_long else (1, 1)
    (failpoints := tmp_path / "failpoints").mkdir()
    service = start_service(lease_s=5, sweep_s=0.5, keep_uploads_s=1, part_bytes=16 << 10, failpoints=failpoints)
    load = Load(service)
    made: list[tuple[Path, dict[str, str | None]]] = []
    for number in range(backups):
        time.sleep(first_s / backups)
        for _ in range(20):  # one worker after the other, so that something is still unfinished
            (failpoints / "claim.committed").write_text("pause 4")
            time.sleep(0.05)
        before = load.promised()
        file = tmp_path / f"{number}.tar"
        done(md5_service("backup", file, "--data", service.folder))
        made.append((file, before))
    last = load.promised()
    load.end()
    service.kill_tree()
    shutil.rmtree(service.folder)
    for file, before in made[-1 if not is_long else -3 :]:
        valkey.flush()
        cluster = new_place(tmp_path / file.stem, postgres.new_database(), valkey)
        figure(kept_elsewhere(cluster, file, before, last))


def kept_elsewhere(cluster: Cluster, file: Path, before: Promised, last: Promised) -> str:
    """Restores, lets all unfinished tasks finish, and compares. Returns the measurements."""
    told = done(md5_service("restore", file, *NO_PLACE, env=cluster.environment))
    with running(cluster):
        began = time.monotonic()
        wait_for(lambda: unfinished(cluster.database_url) == 0, "every promise to be kept")
        settled_s = time.monotonic() - began
        cluster.stop()
    assert done(md5_service("doctor", *NO_PLACE, env=cluster.environment)) == ""
    found = found_in(cluster, before)
    assert found == KEPT
    assert 0 < len(before) < len(last)
    assert " 0 of them unfinished" not in told
    return (
        f"{len(before)} promises before the backup, {len(last) - len(before)} after it; {told.splitlines()[0]}; settled "
        f"{settled_s:.1f} s after the start; {found}"
    )


@pytest.mark.long
@pytest.mark.timeout(600)
def test_several_hosts_are_destroyed_and_come_back_on_another_make(
    tmp_path: Path, postgres: Postgres, mariadb: MariaDb, valkey: Valkey, figure: Figure
) -> None:
    """From PostgreSQL to MariaDB, and back."""
    (failpoints := tmp_path / "failpoints").mkdir()
    for number, (first, second) in enumerate(((postgres, mariadb), (mariadb, postgres))):
        valkey.flush()
        settings: dict[str, Any] = {
            "lease_s": 5,
            "sweep_s": 0.5,
            "keep_uploads_s": 1,
            "part_bytes": 16 << 10,
            "failpoints": failpoints,
        }
        cluster = Cluster(tmp_path / f"first-{number}", first.new_database(), valkey.url, apis=2, **settings)
        with running(cluster):
            load = Load(cluster)
            time.sleep(4)
            for _ in range(20):
                (failpoints / "claim.committed").write_text("pause 3")
                time.sleep(0.05)
            before = load.promised()
            file = tmp_path / f"{number}.tar"
            done(md5_service("backup", file, *NO_PLACE, env=cluster.environment))
            time.sleep(0.5)
            last = load.promised()
            load.end()
        shutil.rmtree(cluster.folder)
        first.drop_database(cluster.database_url)
        valkey.flush()
        figure(
            kept_elsewhere(new_place(tmp_path / f"second-{number}", second.new_database(), valkey), file, before, last)
        )


def new_place(folder: Path, database_url: str, broker: Valkey) -> Cluster:
    """An empty place, where nothing runs."""
    return Cluster(folder, database_url, broker.url, workers=2, lease_s=5, sweep_s=1)


def found_in(service: Service | Cluster, promised: Promised) -> Counts:
    return counts(service.database_url, service.log_path, promised)


@pytest.mark.long
def test_the_database_is_lost_and_the_log_is_newer(
    start_service: Callable[..., Service], tmp_path: Path, figure: Figure
) -> None:
    """Bucket and log survive: the restore reports the ids that were returned after the backup, and their bytes are kept."""
    service = start_service(lease_s=5)
    load = Load(service)
    time.sleep(1)
    before = load.promised()
    done(md5_service("backup", tmp_path / "b.tar", "--data", service.folder))
    wait_for(lambda: len(load.promised()) > len(before) + 30, "more promises")
    last = load.promised()
    load.end()
    wait_for(lambda: len(service.log_lines()) > len(before) + 20, "more lines")
    service.kill_tree()
    for path in service.folder.glob("md5.sqlite3*"):
        path.unlink()
    newer = service.log_path.read_bytes()
    restored = md5_service("restore", tmp_path / "b.tar", "--data", service.folder)
    assert restored.returncode == 1, restored
    assert "lines that are not in the backup; they were saved beside it" in restored.stderr
    assert "no orphans are deleted" in restored.stdout
    (saved,) = service.log_path.parent.glob("tasks.log.beyond-*")
    assert newer.endswith(saved.read_bytes())
    service.start()
    wait_for(lambda: unfinished(service.database_url) == 0, "every promise to be kept")
    service.stop()
    found = found_in(service, before)
    doctor = md5_service("doctor", "--data", service.folder, "--json")
    figure(f"{len(before)} promises before the backup, {len(last) - len(before)} after it; {found}")
    assert found == KEPT
    assert {'"log_ahead"', '"restored"'} <= {word.rstrip(",") for word in doctor.stdout.split()}
    assert service.log_path.read_bytes() != newer
