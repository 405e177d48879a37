"""A service is backed up while it works, then destroyed; what was handed over before the backup began is kept by what is
restored, elsewhere, in another make of database, with a broker that knows of nothing."""

import contextlib
import os
import random
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import uuid_utils

from md5_task_data import tasks
from md5_task_data.database.engine import Database
from tests import forked
from tests.client import IN_TIME_S, Client, wait_for
from tests.cluster import Cluster, running
from tests.data.place import Place, everything, fill
from tests.databases import new_sqlite
from tests.faults.journal import Journal
from tests.faults.oracle import KEPT, Counts, counts, unfinished
from tests.faults.partners_file import partners_file
from tests.faults.schedule import SEED
from tests.faults.small_disk import MIB, small_disk
from tests.servers.mariadb import MariaDb
from tests.servers.postgres import Postgres
from tests.servers.valkey import Valkey
from tests.service import COMMAND, Service

Figure = Callable[[str], None]
Environment = Mapping[str, str]
Promised = Mapping[str, str | None]
MANY = 600
LOAD_S = 600  # at the longest
NO_PLACE = ["--data", "/nonexistent"]  # all is in the environment


def md5_service(*words: str | Path, env: Environment | None = None) -> subprocess.CompletedProcess[str]:
    command = [COMMAND, *map(str, words)]
    return forked.as_text(forked.run(command, os.environ | dict(env or {}), Path.cwd(), within_s=IN_TIME_S))


def done(ran: subprocess.CompletedProcess[str]) -> str:
    """What it said."""
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stderr


class Load:
    """Clients that hand files over, of all sizes, and files of contacts between them."""

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
    """From what `./run` has, on SQLite, to separate processes on PostgreSQL, with a bucket and a log elsewhere."""
    first_s, backups = (20, 10) if is_long else (1, 1)
    (failpoints := tmp_path / "failpoints").mkdir()
    service = start_service(lease_s=5, sweep_s=0.5, keep_uploads_s=1, part_bytes=16 << 10, failpoints=failpoints)
    load = Load(service)
    made: list[tuple[Path, dict[str, str | None]]] = []
    for number in range(backups):
        time.sleep(first_s / backups)
        for _ in range(20):  # one worker after the other, so that there is something that has not ended
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
    """Restores, has all that had not ended end, and compares. Returns what was measured."""
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
    assert " 0 of them not ended" not in told
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
    """Where nothing is yet, and nothing runs."""
    return Cluster(folder, database_url, broker.url, workers=2, lease_s=5, sweep_s=1)


def found_in(service: Service | Cluster, promised: Promised) -> Counts:
    return counts(service.database_url, service.log_path, promised)


@pytest.mark.long
def test_the_database_is_lost_and_the_log_is_newer(
    start_service: Callable[..., Service], tmp_path: Path, figure: Figure
) -> None:
    """Bucket and log survive: the ids that were given out after the backup are told of, and their bytes are kept."""
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
    assert "lines of which the backup does not know; they are saved beside it" in restored.stderr
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


@pytest.fixture
def full(tmp_path: Path) -> Iterator[Place]:
    """Rows and stored files for which a backup, or a restore, takes a while."""
    database = Database(new_sqlite(tmp_path / "md5.sqlite3"))
    place = Place(tmp_path / "full", database)
    place.make()
    first = fill(place).queued()
    ids = [str(uuid_utils.uuid7()) for _ in range(MANY)]
    with database.transaction() as db:
        tasks.create_all(db, [(tasks.NewTask(task_id, "local", "md5", f"{task_id}.bam", 3), None) for task_id in ids])
    for task_id in ids:
        place.bucket.share(first, task_id)
    assert place.found() == []
    yield place
    database.close()


def environment_of(place: Place) -> dict[str, str]:
    url = place.database.url.render_as_string(hide_password=False)
    given = {"DATABASE_URL": url, "BUCKET_URL": f"file://{place.bucket.root}", "LOG_PATH": str(place.log)}
    return {f"MD5_{name}": value for name, value in given.items()} | {"MD5_BROKER_URL": "memory://"}


def killed(words: list[str], place: Place, after_s: float) -> float:
    """Run a command and kill it, so long after its folder in the bucket appeared. Returns how long it lived from then on."""
    command, env = [COMMAND, *words, *NO_PLACE], os.environ | environment_of(place)
    before = set(place.bucket.root.glob(f"{words[0]}-*"))
    process = forked.start(command, env, Path.cwd())
    wait_for(
        lambda: set(place.bucket.root.glob(f"{words[0]}-*")) - before or process.poll() is not None,
        "it",
        every_s=0.001,
    )
    began = time.monotonic()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(after_s)
    with contextlib.suppress(ProcessLookupError):
        os.kill(process.pid, signal.SIGKILL)
    process.wait(IN_TIME_S)
    return time.monotonic() - began


def test_backups_are_killed_and_the_next_one_is_whole(
    full: Place, tmp_path: Path, is_long: bool, figure: Figure
) -> None:
    kills, chance = 60 if is_long else 1, random.Random(SEED)
    before, names = everything(full.database), full.files()
    full.database.close()
    takes_s = killed(["backup", str(tmp_path / "first.tar")], full, IN_TIME_S) if is_long else 0
    file = tmp_path / "b.tar"
    unfinished_ones = 0
    for number in range(kills):
        killed(["backup", str(file)], full, chance.uniform(0, takes_s) if number else 0)
        unfinished_ones += not file.exists()
        assert set(full.found()) <= {"leftover"}
        assert names.keys() <= full.files().keys()
        file.unlink(missing_ok=True)
    left = len(list(full.bucket.root.glob("backup-*")))
    done(md5_service("backup", file, *NO_PLACE, env=environment_of(full)))
    assert not list(full.bucket.root.glob("backup-*"))
    assert everything(full.database) == before
    assert list(tmp_path.glob("*.partial")) == []
    other = Place(tmp_path / "other", Database(f"sqlite:///{tmp_path}/other.sqlite3"))
    other.restore(file.read_bytes())
    assert len(everything(other.database)["tasks"]) == len(before["tasks"])
    assert other.found() == []
    figure(f"{kills} kills within {takes_s:.1f} s, {unfinished_ones} of them before it was made; {left} folders left")
    assert unfinished_ones or not is_long  # which is chance


@pytest.mark.shows("md5-service restore")
def test_restores_are_killed_and_begun_again(
    full: Place, tmp_path: Path, postgres: Postgres, is_long: bool, figure: Figure
) -> None:
    """A killed one has done nothing, or all."""
    kills, chance = 60 if is_long else 1, random.Random(SEED)
    file = tmp_path / "b.tar"
    file.write_bytes(full.backup())
    wanted = len(everything(full.database)["tasks"])

    def another(number: int) -> Place:
        make_is_postgresql = number % 2
        url = postgres.new_database() if make_is_postgresql else f"sqlite:///{tmp_path}/{number}.sqlite3"
        place = Place(tmp_path / f"place-{number}", Database(url))
        place.make()
        return place

    place, whole, begun_again = another(0), 0, 0
    takes_s = killed(["restore", str(file)], another(1), IN_TIME_S) if is_long else 0
    for number in range(kills):
        killed(["restore", str(file)], place, chance.uniform(0, takes_s) if number else 0)
        if place.is_empty():
            begun_again += 1
            if number % 2:
                continue  # one killed restore after the other
            done(md5_service("restore", file, *NO_PLACE, env=environment_of(place)))
        else:
            whole += 1
            assert set(place.found()) <= {"leftover", "restored", "log_missing"}
            place.flush()  # as the first worker does that ends something
        assert len(everything(place.database)["tasks"]) == wanted
        assert set(place.found()) <= {"leftover", "restored"}
        place.database.close()
        place = another(number + 2)
    if place.is_empty():
        done(md5_service("restore", file, *NO_PLACE, env=environment_of(place)))
    assert set(place.found()) <= {"leftover", "restored"}
    assert place.files().keys() >= full.files().keys()
    place.database.close()
    figure(f"{kills} kills within {takes_s:.1f} s: {begun_again} had done nothing, {whole} all")
    assert begun_again or not is_long  # which is chance


def test_a_disk_that_is_full_is_told_and_nothing_is_left(full: Place, tmp_path: Path) -> None:
    file = tmp_path / "b.tar"
    file.write_bytes(full.backup())
    with small_disk(tmp_path / "small", MIB // 2) as disk:
        made = md5_service("backup", disk.folder / "b.tar", *NO_PLACE, env=environment_of(full))
        assert (made.returncode, made.stdout) == (2, "")
        assert made.stderr == f"md5-service: {disk.folder}/b.tar: No space left on device\n"
        assert list(disk.folder.iterdir()) == []
        with open(disk.folder / "b.tar", "wb") as out:
            words, env = (
                [COMMAND, "backup", "-", *NO_PLACE],
                os.environ | environment_of(full) | {"PYTHONUNBUFFERED": "1"},
            )
            assert forked.run(words, env, Path.cwd(), stdout=out.fileno()).returncode == 2
        (disk.folder / "b.tar").unlink()
        assert full.found() == []
        place = Place(disk.folder, Database(f"sqlite:///{tmp_path}/other.sqlite3"))
        back = md5_service("restore", file, *NO_PLACE, env=environment_of(place))
        assert (back.returncode, back.stderr) == (2, "md5-service: the disk of the bucket is full\n")
        assert place.is_empty()
        assert place.files() == {}
        place.database.close()


def test_a_bucket_that_is_full_is_told_and_nothing_is_left(tmp_path: Path) -> None:
    """Links take no room, but the rows that are written down beside them do."""
    with small_disk(tmp_path / "small", MIB) as disk:
        place = Place(disk.folder, Database(new_sqlite(tmp_path / "md5.sqlite3")))
        place.make()
        fill(place)
        disk.fill()
        before = place.files()
        made = md5_service("backup", tmp_path / "b.tar", *NO_PLACE, env=environment_of(place))
        assert (made.returncode, made.stderr) == (2, "md5-service: the disk of the bucket is full\n")
        assert place.files() == before
        assert list(place.bucket.root.glob("backup-*")) == list(tmp_path.glob("b.tar*")) == []
        place.database.close()
