"""Real servers that tests start themselves, each on a free port of the loopback interface, in a folder of its own."""

import os
import shutil
from pathlib import Path

import pytest

WHERE = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/usr/lib/rabbitmq/bin"  # servers are not on every user's PATH


def needed(what: str, package: str, *programs: str, fallback: str = "") -> list[str]:
    """The paths of these programs, each given as a name or a pattern such as `/usr/lib/postgresql/*/bin/postgres`, of which
    the newest is used; `fallback` is an alternative name. If one is missing, CI fails; elsewhere the test is skipped with a
    visible reason."""
    found = [_find(program) or (_find(fallback) if fallback else None) for program in programs]
    if missing := [program for program, path in zip(programs, found, strict=True) if path is None]:
        words = f"{', '.join(missing)} missing: install Debian's package {package}"
        assert "CI" not in os.environ, f"CI tests with {what}; {words}"
        pytest.skip(f"NOT TESTED WITH {what.upper()}; {words}")
    return [path for path in found if path is not None]


def _find(program: str) -> str | None:
    if not program.startswith("/"):
        return shutil.which(program, path=WHERE)
    matches = [str(path) for path in Path("/").glob(program[1:])]
    return max(matches, key=_version, default=None)


def _version(path: str) -> list[int]:
    return [int(part) for part in path.split("/") if part.isdigit()]
