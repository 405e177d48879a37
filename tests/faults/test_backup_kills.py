"""A killed backup or restore leaves nothing that hinders the next one, which is whole."""

import contextlib
import os
import random
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from md5_task_data.database.engine import Database
from tests import forked
from tests.client import IN_TIME_S, wait_for
from tests.data.place import Place, everything
from tests.faults.commands import NO_PLACE, done, environment_of, md5_service
from tests.faults.schedule import SEED
from tests.servers.postgres import Postgres
from tests.service import COMMAND

Figure = Callable[[str], None]


def killed(words: list[str], place: Place, after_s: float) -> float:
    """Run a command and kill it this long after its folder in the bucket appeared. Returns how long it lived from then on."""
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
    """A killed restore has done either nothing or everything."""
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
            place.flush()  # as the first worker that finishes a task does
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
