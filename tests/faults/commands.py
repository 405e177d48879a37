"""Runs `md5-service` as at a prompt, with everything set by its environment."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from tests import forked
from tests.client import IN_TIME_S
from tests.data.place import Place
from tests.service import COMMAND

Environment = Mapping[str, str]
NO_PLACE = ["--data", "/nonexistent"]  # everything is in the environment


def md5_service(*words: str | Path, env: Environment | None = None) -> subprocess.CompletedProcess[str]:
    command = [COMMAND, *map(str, words)]
    return forked.as_text(forked.run(command, os.environ | dict(env or {}), Path.cwd(), within_s=IN_TIME_S))


def done(ran: subprocess.CompletedProcess[str]) -> str:
    """Runs the command; returns its output."""
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stderr


def environment_of(place: Place) -> dict[str, str]:
    url = place.database.url.render_as_string(hide_password=False)
    given = {"DATABASE_URL": url, "BUCKET_URL": f"file://{place.bucket.root}", "LOG_PATH": str(place.log)}
    return {f"MD5_{name}": value for name, value in given.items()} | {"MD5_BROKER_URL": "memory://"}
