"""Every setting, on one page: environment variables with the prefix `MD5_`."""

import ipaddress
import os
import re
import sys
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from md5_service.origins import origins
from md5_task_data.bucket.folder import Bucket
from md5_task_data.schema import LARGEST_CONTENT

DATABASES = ("sqlite", "postgresql", "mariadb", "mysql")
BROKERS = ("redis", "rediss", "redis+socket", "amqp", "amqps", "memory")


def _database(url: str) -> str:
    try:
        parts = make_url(url)
        parts.get_dialect()
    except SQLAlchemyError as error:
        raise ValueError(f"not the URL of a database: {error}") from None
    if parts.get_backend_name() not in DATABASES:
        raise ValueError(f"not the URL of a database that is known here ({', '.join(DATABASES)})")
    if parts.get_backend_name() == "sqlite" and not Path(parts.database or "").is_absolute():
        raise ValueError("SQLite's file must have an absolute path, after four slashes")
    return url


def _broker(url: str) -> str:
    if url.partition("://")[0] not in BROKERS or "://" not in url:
        raise ValueError("not the URL of a broker")
    return url


def _absolute(path: Path) -> Path:
    if not path.is_absolute():
        raise ValueError("it must be an absolute path, the same for every process")
    return path


def _log(path: Path) -> Path:
    if path.is_dir():
        raise ValueError("it is a folder; the log is a file in one")
    return _absolute(path)


def _bucket(url: str) -> str:
    Bucket(url)
    return url


def dns_address(server: str) -> tuple[str, int]:
    """What the setting `dns_server` says: address and port. Raises ValueError."""
    address, _, port = server.rpartition(":") if server.count(":") == 1 else (server, "", "53")
    ipaddress.ip_address(address)
    if not (port.isdecimal() and 0 < int(port) < 65536):
        raise ValueError("the port must be a number up to 65535")
    return address, int(port)


def _allowed_hosts(hosts: str | None) -> str | None:
    origins(hosts or "")
    return hosts


def _dns_server(server: str | None) -> str | None:
    if server is not None:
        dns_address(server)
    return server


class Settings(BaseSettings):
    """What a process needs to know of its surroundings. Read once, where it starts; never changes."""

    model_config = SettingsConfigDict(env_prefix="MD5_", frozen=True, extra="ignore")

    database_url: Annotated[str, AfterValidator(_database)] = Field(
        description="The database: sqlite:////absolute/file, postgresql://… or mariadb://…"
    )
    broker_url: Annotated[str, AfterValidator(_broker)] = Field(
        description="The broker of the hints: redis+socket:///…, redis://… or amqp://…"
    )
    bucket_url: Annotated[str, AfterValidator(_bucket)] = Field(
        description="Where the bytes are stored: file:///absolute/folder"
    )
    log_path: Annotated[Path, AfterValidator(_log)] = Field(description="The shared log, one line per finished task")
    auth: Literal["keys", "none"] | None = Field(
        None,
        description="Who may use the API; `keys`: who has one; `none`: everybody who reaches it; "
        "not set: everybody on this machine, and nobody else",
    )
    allowed_hosts: Annotated[str | None, AfterValidator(_allowed_hosts)] = Field(
        None,
        description="More names, comma-separated, by which browsers and proxies may call a service without keys on loopback; "
        "with keys, those of the page where a proxy changes `Host`. `name:port` and `https://name` are that origin alone",
    )
    max_upload_bytes: int = Field(1 << 40, ge=0, description="The largest file that is taken, in bytes")
    small_file_bytes: int = Field(
        16 << 10,
        ge=0,
        le=LARGEST_CONTENT,
        description="A file of up to so many bytes is stored in the database, beside its row, and not in the bucket; 0: none",
    )
    keep_uploads_s: float = Field(
        86400, ge=0, le=10 * 365 * 86400, description="A file's bytes are kept for so long after its task has ended"
    )
    upload_idle_s: float = Field(30, gt=0, le=3600, description="An upload that sends nothing for so long is ended")
    max_uploads: int = Field(400, ge=1, description="Files that one API process receives at the same time")
    max_uploads_per_owner: int = Field(300, ge=1, description="The same, of one owner")
    rate_per_owner: float = Field(
        10_000,
        gt=0,
        le=1e6,
        description="Requests of one owner that one API process serves a second; a list or a stream counts as one more for "
        "each 10 tasks",
    )
    max_watched_per_owner: int = Field(
        2000, ge=500, description="Tasks that one owner's streams and waits watch at the same time, in one API process"
    )
    disk_reserve_bytes: int = Field(
        64 << 20, ge=0, description="No file is taken that would leave less room than that on the bucket's disk"
    )
    max_header_bytes: int = Field(
        32 << 10, ge=1 << 10, le=64 << 10, description="The largest head of a request: its address and headers"
    )
    max_connections: int = Field(
        4000,
        ge=1,
        le=1_000_000,
        description="Connections of one API process; as far as it may have open files (`ulimit -Hn`)",
    )
    max_headers: int = Field(100, ge=20, le=1000, description="Headers of a request")
    header_timeout_s: float = Field(
        30, ge=0.1, le=3600, description="The head of a request must have come within so long"
    )
    send_timeout_s: float = Field(
        60, ge=0.1, le=3600, description="A client that takes nothing of its answer for so long is cut off"
    )
    max_parameters: int = Field(
        100, ge=10, le=1000, description="Parameters of a file: parts of its form besides it, or in the query"
    )
    max_form_bytes: int = Field(1 << 20, ge=1 << 10, le=64 << 20, description="Bytes of a form besides its file")
    max_part_headers: int = Field(8, ge=2, le=100, description="Headers of each part of a form")
    max_part_header_bytes: int = Field(
        64 << 10, ge=512, le=1 << 20, description="Bytes of each of these headers, names of files among them"
    )
    lease_s: float = Field(30, ge=1, le=3600, description="A worker that shows no sign for so long has lost its task")
    max_attempts: int = Field(5, ge=1, le=1000, description="A task whose lease was lost so often has failed")
    stall_s: float = Field(
        600,
        ge=1,
        le=86400,
        description="A worker that makes no progress with a file for so long ends, and counts as lost",
    )
    worker_memory_bytes: int = Field(
        2 << 30, ge=128 << 20, description="The most memory that a worker process takes; a file that needs more fails"
    )
    sweep_s: float = Field(5, ge=0.1, le=600, description="The sweeper looks for what is due every so many seconds")
    part_bytes: int = Field(
        4 << 20,
        ge=1 << 10,
        le=64 << 20,
        description="A file of rows is cut into parts of about so many bytes, which all workers share",
    )
    dns_server: Annotated[str | None, AfterValidator(_dns_server)] = Field(
        None,
        description="Who is asked whether domains take mail, as `address` or `address:port`, where a file of contacts is to be "
        "checked so; not set: whom the system asks",
    )
    alive_file: Annotated[Path, AfterValidator(_absolute)] | None = Field(
        None, description="A file that a worker touches every 5 s while its main loop turns, for health checks"
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "warning", description="Of the processes' own words on stderr, a JSON object a line"
    )
    sql_echo: bool = Field(False, description="Print every SQL statement")
    failpoints: Path | None = Field(None, description="For tests: the folder that says where to crash, fail or pause")


# Variables that Celery, its kin and PostgreSQL's client read, too: they are another application's (hosts of Django export some),
# and would win even against ours. Those of OpenTelemetry, and uvicorn's FORWARDED_ALLOW_IPS, are ours as well: docs say so; but
# not those by which it loads parts of itself that are not here, and then does not start.
FOREIGN = re.compile(
    r"(BROKER|CELERY|KOMBU|PG(?=[A-Z])|C_(BENCH|FAKEFORK|FORCE_ROOT|IMPDEBUG|REMDEBUG|STRICT_APP|WARN_APP|WNOCONF)).*"
    r"|APP|AUTOSCALE_KEEPALIVE|CONFIG_MODULE|DISABLE_TRACEBACKS|DJANGO_SETTINGS_MODULE|FORKED_BY_MULTIPROCESSING|LOADER|MP_LOG"
    r"|OTEL_PROPAGATORS|OTEL_PYTHON_.*|PICKLE_PROTOCOL|REMAP_SIGTERM|RESULT_BACKEND|SKIP_CHECKS|WEB_CONCURRENCY"
)
NO_SETTINGS = {"MD5_URL", "MD5_KEY", "MD5_UP_FOLDER"}  # two for clients, and the mark of what `up` starts


class BadSettings(Exception):
    """A setting is missing or wrong; the message is one line for the one who starts the service."""


def forget_foreign() -> None:
    """Have no variable of another application in the environment of this process, and of those that it starts."""
    for name in filter(FOREIGN.fullmatch, list(os.environ)):
        del os.environ[name]


def read_settings() -> Settings:
    """The settings of this process, from its environment, in which nothing else that would count is left. Raises BadSettings."""
    forget_foreign()
    try:
        return Settings()  # the environment fills the fields
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = f"MD5_{str(first['loc'][0]).upper()}" if first["loc"] else "MD5_…"
        about = Settings.model_fields[str(first["loc"][0])].description if first["loc"] else ""
        raise BadSettings(f"{name}: {first['msg'].removeprefix('Value error, ')} ({about})") from None


def unknown_settings() -> dict[str, str | None]:
    """Names in the environment that look like settings and are none, each with the one that was perhaps meant."""
    known = {f"MD5_{name.upper()}" for name in Settings.model_fields}
    others = {name for name in os.environ if name.startswith("MD5_")} - known - NO_SETTINGS
    return {name: next(iter(get_close_matches(name, known, n=1)), None) for name in sorted(others)}


def settings_of_process() -> Settings:
    """The same for a process that has nothing else to begin with: ends it, with one line, where they are wrong."""
    try:
        return read_settings()
    except BadSettings as error:
        print(f"md5-service: {error}", file=sys.stderr)
        raise SystemExit(2) from None
