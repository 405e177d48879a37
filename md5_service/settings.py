"""Every setting: environment variables with the prefix `MD5_`. docs/settings.md is generated from the fields of `Settings`."""

import importlib.util
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
from md5_task_data.kinds.regions import checked_region
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
        raise ValueError(f"not the URL of a supported database ({', '.join(DATABASES)})")
    if parts.get_backend_name() == "sqlite" and not Path(parts.database or "").is_absolute():
        raise ValueError("SQLite needs an absolute path, after four slashes: sqlite:////absolute/file")
    return url


def _broker(url: str) -> str:
    if url.partition("://")[0] not in BROKERS or "://" not in url:
        raise ValueError(f"not the URL of a supported broker ({', '.join(BROKERS)})")
    return url


def _absolute(path: Path) -> Path:
    if not path.is_absolute():
        raise ValueError("it must be an absolute path")
    return path


def _log(path: Path) -> Path:
    if path.is_dir():
        raise ValueError("it is a folder; it must be the path of a file")
    return _absolute(path)


def _bucket(url: str) -> str:
    Bucket(url)
    return url


def dns_address(server: str) -> tuple[str, int]:
    """The address and port of the setting `dns_server`. Raises ValueError."""
    address, _, port = server.rpartition(":") if server.count(":") == 1 else (server, "", "53")
    ipaddress.ip_address(address)
    if not (port.isdecimal() and 0 < int(port) < 65536):
        raise ValueError("the port must be a number between 1 and 65535")
    return address, int(port)


def _allowed_hosts(hosts: str | None) -> str | None:
    origins(hosts or "")
    return hosts


def _dns_server(server: str | None) -> str | None:
    if server is not None:
        dns_address(server)
    return server


def _engine(engine: str) -> str:
    if engine == "fast" and importlib.util.find_spec("rphonenumbers") is None:
        raise ValueError("the package rphonenumbers is not installed: pip install md5-service[fast]")
    return engine


class Settings(BaseSettings):
    """What a process needs to know of its surroundings. Read once, when the process starts; never changes."""

    model_config = SettingsConfigDict(env_prefix="MD5_", frozen=True, extra="ignore")

    database_url: Annotated[str, AfterValidator(_database)] = Field(
        description="Required. The database: `sqlite:////absolute/file`, `postgresql://…` or `mariadb://…`."
    )
    broker_url: Annotated[str, AfterValidator(_broker)] = Field(
        description="Required. The broker that carries hints to the workers: `redis+socket:///…`, `redis://…` or `amqp://…`."
    )
    bucket_url: Annotated[str, AfterValidator(_bucket)] = Field(
        description="Required. The folder that stores the bytes of uploaded files: `file:///absolute/folder`."
    )
    log_path: Annotated[Path, AfterValidator(_log)] = Field(
        description="Required. The absolute path of the shared log, which gets one line per finished task."
    )
    auth: Literal["keys", "none"] | None = Field(
        None,
        description="Who may use the API. `keys`: callers with an API key. `none`: everyone who can reach the service. "
        "Not set: only callers on this machine.",
    )
    allowed_hosts: Annotated[str | None, AfterValidator(_allowed_hosts)] = Field(
        None,
        description="Additional host names of this service, separated by commas. Without keys: names by which browsers and "
        "proxies may call it on loopback. With keys: names of the page, if a proxy changes `Host`. `name:port` and "
        "`https://name` allow only that origin.",
    )
    max_upload_bytes: int = Field(1 << 40, ge=0, description="The largest file that may be uploaded, in bytes.")
    small_file_bytes: int = Field(
        16 << 10,
        ge=0,
        le=LARGEST_CONTENT,
        description="The largest file, in bytes, that is stored in the database beside its row instead of in the bucket; "
        "0 stores every file in the bucket.",
    )
    keep_uploads_s: float = Field(
        86400,
        ge=0,
        le=10 * 365 * 86400,
        description="Seconds for which a file's bytes stay stored after its task has finished.",
    )
    upload_idle_s: float = Field(
        30, gt=0, le=3600, description="Seconds without data after which an upload is aborted; nothing of it is stored."
    )
    max_uploads: int = Field(400, ge=1, description="Uploads that one API process receives at the same time.")
    max_uploads_per_owner: int = Field(
        300, ge=1, description="Uploads of one owner that one API process receives at the same time."
    )
    rate_per_owner: float = Field(
        10_000,
        gt=0,
        le=1e6,
        description="Requests per second that one API process serves to one owner. A list or an event stream counts as one "
        "more request for each 10 tasks.",
    )
    max_watched_per_owner: int = Field(
        2000,
        ge=500,
        description="Tasks that the event streams and waiting requests of one owner may watch at the same time, in one API "
        "process.",
    )
    disk_reserve_bytes: int = Field(
        64 << 20,
        ge=0,
        description="Bytes that must stay free on the bucket's disk; an upload that would leave less is refused.",
    )
    max_header_bytes: int = Field(
        32 << 10, ge=1 << 10, le=64 << 10, description="The largest URL and headers of a request, together, in bytes."
    )
    max_connections: int = Field(
        4000,
        ge=1,
        le=1_000_000,
        description="Open connections of one API process. Never more than half of its limit of open files (`ulimit -Hn`).",
    )
    max_headers: int = Field(100, ge=20, le=1000, description="Headers of one request.")
    header_timeout_s: float = Field(
        30, ge=0.1, le=3600, description="Seconds within which the request line and headers of a request must arrive."
    )
    send_timeout_s: float = Field(
        60,
        ge=0.1,
        le=3600,
        description="Seconds after which a client that does not read its answer is disconnected.",
    )
    max_parameters: int = Field(
        100, ge=10, le=1000, description="Parameters of one upload, in the query and in its form together."
    )
    max_form_bytes: int = Field(
        1 << 20, ge=1 << 10, le=64 << 20, description="The largest form, in bytes, without its file."
    )
    max_part_headers: int = Field(8, ge=2, le=100, description="Headers of one part of a form.")
    max_part_header_bytes: int = Field(
        64 << 10,
        ge=512,
        le=1 << 20,
        description="The largest header of a part of a form, in bytes; the file name is in one of them.",
    )
    lease_s: float = Field(
        30, ge=1, le=3600, description="Seconds without a heartbeat after which a worker loses its task."
    )
    max_attempts: int = Field(
        5, ge=1, le=1000, description="A task fails when its lease has been lost this many times."
    )
    stall_s: float = Field(
        600,
        ge=1,
        le=86400,
        description="Seconds after which a worker that makes no progress with a file exits; its lease then counts as lost.",
    )
    worker_memory_bytes: int = Field(
        2 << 30,
        ge=128 << 20,
        description="The most memory that one worker process may use, in bytes. A file that needs more fails.",
    )
    sweep_s: float = Field(5, ge=0.1, le=600, description="Seconds between two runs of the sweeper.")
    part_bytes: int = Field(
        4 << 20,
        ge=1 << 10,
        le=64 << 20,
        description="The approximate size, in bytes, of the parts into which a file of rows is cut for the workers to share.",
    )
    dns_server: Annotated[str | None, AfterValidator(_dns_server)] = Field(
        None,
        description="The DNS server that is asked whether a domain accepts mail, as `address` or `address:port`; used when "
        "contacts are imported with that check. Not set: the servers that the system uses.",
    )
    phones_region: Annotated[str, AfterValidator(checked_region)] = Field(
        "US",
        description="The country, by its two-letter code, whose phone numbers may be written without a country code, for files "
        "sent without the parameter `region`. `ZZ`: none.",
    )
    phones_engine: Annotated[Literal["exact", "fast"], AfterValidator(_engine)] = Field(
        "exact",
        description="What finds phone numbers: `exact`, the library phonenumbers; or `fast`, the library rphonenumbers, which "
        "must be installed on the workers. On unusual lines the two find different numbers.",
    )
    phones_most: int = Field(
        100_000_000, ge=1, description="The most phone numbers that a file may have; one that has more fails."
    )
    alive_file: Annotated[Path, AfterValidator(_absolute)] | None = Field(
        None,
        description="For health checks: the absolute path of a file that a worker touches every 5 s while its main loop runs.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "warning", description="The lowest level of the messages on stderr, which are JSON objects, one per line."
    )
    sql_echo: bool = Field(False, description="Print every SQL statement.")
    failpoints: Path | None = Field(
        None, description="For tests only: the folder that says where to crash, fail or pause."
    )


# Variables that Celery, its relatives and PostgreSQL's client would read. They belong to other applications (hosts of Django
# export some) and would override our settings. Those of OpenTelemetry and uvicorn's FORWARDED_ALLOW_IPS are documented settings,
# except the ones that make OpenTelemetry load components that are not installed, and so keep it from starting.
FOREIGN = re.compile(
    r"(BROKER|CELERY|KOMBU|PG(?=[A-Z])|C_(BENCH|FAKEFORK|FORCE_ROOT|IMPDEBUG|REMDEBUG|STRICT_APP|WARN_APP|WNOCONF)).*"
    r"|APP|AUTOSCALE_KEEPALIVE|CONFIG_MODULE|DISABLE_TRACEBACKS|DJANGO_SETTINGS_MODULE|FORKED_BY_MULTIPROCESSING|LOADER|MP_LOG"
    r"|OTEL_PROPAGATORS|OTEL_PYTHON_.*|PICKLE_PROTOCOL|REMAP_SIGTERM|RESULT_BACKEND|SKIP_CHECKS|WEB_CONCURRENCY"
)
NO_SETTINGS = {"MD5_URL", "MD5_KEY", "MD5_UP_FOLDER"}  # two are for clients; `up` sets the third for what it starts


class BadSettings(Exception):
    """A setting is missing or wrong. The message is one line for the administrator."""


def forget_foreign() -> None:
    """Remove the variables of other applications from the environment of this process and its children."""
    for name in filter(FOREIGN.fullmatch, list(os.environ)):
        del os.environ[name]


def read_settings() -> Settings:
    """The settings of this process, from its environment, after `forget_foreign`. Raises BadSettings."""
    forget_foreign()
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = f"MD5_{str(first['loc'][0]).upper()}" if first["loc"] else "MD5_…"
        about = (Settings.model_fields[str(first["loc"][0])].description or "") if first["loc"] else ""
        raise BadSettings(f"{name}: {first['msg'].removeprefix('Value error, ')} ({about.rstrip('.')})") from None


def unknown_settings() -> dict[str, str | None]:
    """Names in the environment that look like settings but are not, each with the setting that was probably meant."""
    known = {f"MD5_{name.upper()}" for name in Settings.model_fields}
    others = {name for name in os.environ if name.startswith("MD5_")} - known - NO_SETTINGS
    return {name: next(iter(get_close_matches(name, known, n=1)), None) for name in sorted(others)}


def settings_of_process() -> Settings:
    """The settings of a process that cannot start without them: prints one line and exits when they are wrong."""
    try:
        return read_settings()
    except BadSettings as error:
        print(f"md5-service: {error}", file=sys.stderr)
        raise SystemExit(2) from None
