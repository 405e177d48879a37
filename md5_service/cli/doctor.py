"""`md5-service doctor`: checks rows, bytes, log and settings, and says how to fix what is wrong."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path

from md5_service.broker import make_celery
from md5_service.cli.report import printable, write_json, write_text
from md5_service.readiness import checks
from md5_service.settings import BadSettings, Settings, read_settings, unknown_settings
from md5_task_data.bucket.folder import Bucket
from md5_task_data.database.engine import Database
from md5_task_data.errors import DependencyAway
from md5_task_data.upkeep.doctor import Finding, examine

FOUND = 1


def run(*, as_json: bool) -> int:
    """Print each finding as soon as it is found. Returns the exit code."""
    found = print_all(_all(), as_json=as_json)
    if not found and not as_json:
        write_text("rows, bytes, log and settings fit together")
    return FOUND if found else 0


def print_all(findings: Iterable[Finding], *, as_json: bool = False) -> int:
    """Returns the number of findings."""
    found = 0
    for finding in findings:
        found += 1
        if as_json:
            write_json(asdict(finding))
        else:
            write_text(printable(f"{finding.about}: {finding.detail}"))
            write_text(printable(f"    {finding.advice}"))
    return found


def _all() -> Iterator[Finding]:
    try:
        settings = read_settings()
    except BadSettings as error:
        yield Finding("settings", "settings", str(error), "correct it; the documentation lists all settings")
        return
    yield from _of_settings(settings)
    database = Database(settings.database_url)
    if database.is_sqlite and not Path(str(database.url.database)).exists():  # to connect would create an empty one
        advice = "restore it from a backup, or find out where it went; nothing else was checked"
        yield Finding("database_missing", str(database.url.database), "the database file does not exist", advice)
        return
    away = False
    for name, check in checks(settings, database, make_celery(settings)).items():
        if name != "broker":  # hints are stored nowhere else, so there is nothing to compare them with
            try:
                check()
            except DependencyAway as error:
                away = True
                yield Finding("away", name, str(error), "make it available, and run this again")
    if away:
        return
    try:
        yield from examine(database, Bucket(settings.bucket_url), settings.log_path)
    except DependencyAway as error:
        yield Finding(
            "away",
            "database, bucket or log",
            str(error),
            "make it available, and run this again; the check is incomplete",
        )
    finally:
        database.close()


def _of_settings(settings: Settings) -> Iterator[Finding]:
    """Unknown names, and values that are valid alone but not together."""
    for name, meant in unknown_settings().items():
        advice = f"did you mean {meant}?" if meant else "the documentation lists all settings"
        yield Finding("settings", name, "there is no such setting; it has no effect", advice)
    bucket = Bucket(settings.bucket_url).root
    database = Database(settings.database_url)
    inside = {"MD5_LOG_PATH": settings.log_path}
    if database.is_sqlite:
        inside["MD5_DATABASE_URL"] = Path(str(database.url.database))
    for name, path in inside.items():
        if path.is_relative_to(bucket):
            yield Finding(
                "settings",
                name,
                f"{path} is inside the folder of the bucket",
                "move it elsewhere: only the service's stored files belong there",
            )
    if len(set(inside.values())) < len(inside):
        yield Finding("settings", "MD5_LOG_PATH", "log and database are the same file", "give each its own file")
    for name, value, other, limit in (
        ("MD5_SWEEP_S", settings.sweep_s, "MD5_LEASE_S", settings.lease_s),
        ("MD5_LEASE_S", settings.lease_s, "MD5_STALL_S", settings.stall_s),
    ):
        if value > limit:
            detail = f"{value:g} s is longer than {other}, {limit:g} s: lost work is noticed late"
            yield Finding("settings", name, detail, f"set {name} below {other}")
