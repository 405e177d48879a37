"""Programs that tests start often, forked from a process that has imported what they need: this takes 0.1 s instead of 1.5 s.
The tests of the README, and those in containers, start them as users do.
"""

import functools
import importlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

from md5_service.cli import launcher
from md5_service.cli.launcher import LONGEST, Launched, Launcher
from md5_service.cli.processes import die_with_parent
from tests.checkout import ROOT

PROGRAMS = {
    "celery": ("celery.__main__", "main"),
    "uvicorn": ("uvicorn.main", "main"),
    "md5-service": ("md5_service.cli.main", "main"),
}
MODULES = (
    *("celery.bin.celery", "celery.apps.worker", "celery.apps.beat", "celery.concurrency.prefork", "uvicorn.main"),
    *("md5_service.worker.app", "md5_service.worker.serve", "md5_service.api.serve", "md5_service.api.http.protocol"),
    *("md5_service.cli.main", "md5_service.cli.up", "md5_service.cli.put", "psutil", "uuid_utils", __name__),
)
TRACING = "OTEL_EXPORTER_OTLP_ENDPOINT"  # if it is set, other modules would be imported
NOTHING = -1  # a descriptor
ROOM = "ROOM_FOR_OTHER_VARIABLES"
IS_MEASURED = "COVERAGE_PROCESS_CONFIG" in os.environ  # by `make coverage`: a killed process could not save its data


def can_start(command: Sequence[str], environment: Mapping[str, str]) -> bool:
    """Whether the program of this name or path can be forked."""
    return Path(command[0]).name in PROGRAMS and TRACING not in environment


def start(
    command: Sequence[str | bytes],
    environment: Mapping[str, str],
    folder: Path,
    stdin: int = NOTHING,
    stdout: int = NOTHING,
    stderr: int = 2,
) -> Launched:
    """The first word of `command` is the name or path of the program; `stdin`, `stdout` and `stderr` are descriptors."""
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    changes = {name: value for name, value in environment.items() if inherited.get(name) != value}
    gone = [name for name in inherited if name not in environment]
    program, *arguments = map(os.fsdecode, command)
    about = {"folder": str(folder), "changes": changes, "gone": gone, "arguments": [Path(program).name, *arguments]}
    with open(os.devnull, "r+b") as nothing:
        given = [nothing.fileno() if each == NOTHING else each for each in (stdin, stdout, stderr)]
        return _launcher(environment.get("PYTHONPATH")).launch([__name__, json.dumps(about)], given)


def call(module: str, *words: str) -> Launched:
    """Call `main` of the module with these words in a new process."""
    return _launcher(None).launch([module, *words])


def run(
    command: Sequence[str | bytes],
    environment: Mapping[str, str],
    folder: Path,
    stdin: bytes | int = b"",
    stdout: int | None = None,
    within_s: float = 120,
) -> subprocess.CompletedProcess[bytes]:
    """As `subprocess.run` does with its output captured; `stdin` and `stdout` may be descriptors. Raises TimeoutExpired."""
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as said, tempfile.TemporaryFile() as complained:
        if isinstance(stdin, bytes):
            given.write(stdin)
            given.seek(0)
            stdin = given.fileno()
        out = said.fileno() if stdout is None else stdout
        code = start(command, environment, folder, stdin, out, complained.fileno()).wait(within_s)
        for file in (said, complained):
            file.seek(0)
        return subprocess.CompletedProcess(command, code, said.read(), complained.read())


def as_text(ran: subprocess.CompletedProcess[bytes]) -> subprocess.CompletedProcess[str]:
    return subprocess.CompletedProcess(ran.args, ran.returncode, ran.stdout.decode(), ran.stderr.decode())


def prepare(environment: Mapping[str, str]) -> None:
    """Start it from a thread that outlives the processes: the kernel ends them with their parent thread."""
    _launcher(environment.get("PYTHONPATH"))


class Shared(Launcher):
    """A launcher that several threads may use."""

    def __init__(self, modules: Sequence[str], path: str | None = None) -> None:
        """`path`: PYTHONPATH entries before this checkout."""
        found = os.pathsep.join(filter(None, [path, str(ROOT)]))
        super().__init__(modules, os.environ | {"PYTHONPATH": found, ROOM: 8192 * "."}, Path("/"))
        self._lock = threading.RLock()

    def launch(self, words: Sequence[str], descriptors: Sequence[int] = ()) -> Launched:
        with self._lock:
            return super().launch(words, descriptors)

    def look(self) -> None:
        with self._lock:
            super().look()


@functools.cache
def _launcher(path: str | None) -> Launcher:
    """One launcher for each PYTHONPATH."""
    shared = Shared(MODULES, path)
    shared.start()
    return shared


def main(about: str, *descriptors: int) -> None:
    """Runs in the forked process, and becomes the program."""
    given = json.loads(about)
    for name in ("PYTHONPATH", ROOM, *given["gone"]):  # the first two are the launcher's
        os.environ.pop(name, None)
    os.environ.update(given["changes"])
    os.chdir(given["folder"])
    for number, descriptor in enumerate(descriptors):
        os.dup2(descriptor, number)
        os.close(descriptor)
    sys.argv = given["arguments"]
    if sys.argv[:2] == ["md5-service", "up"]:
        launcher._new_python = _launcher_of_up()
    module, name = PROGRAMS[sys.argv[0]]
    getattr(importlib.import_module(module), name)()


def _launcher_of_up() -> Callable[..., Any]:
    """Fork the launcher that `up` will request, before `up` runs. If it dies, its replacement is a new Python, as it is for
    users."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)  # one message per read
    if (pid := os.fork()) == 0:
        ours.close()
        die_with_parent()
        _be_launcher(theirs)
    theirs.close()
    new_python = launcher._new_python

    def ready(descriptor: int, environment: Mapping[str, str], folder: Path) -> _Forked:
        launcher._new_python = new_python
        os.umask(umask := os.umask(0))  # the only way to read it
        with ours:
            socket.send_fds(ours, [json.dumps([dict(environment), str(folder), umask]).encode()], [descriptor])
        return _Forked(pid)

    return ready


def _be_launcher(asked: socket.socket) -> NoReturn:
    message, descriptors, _, _ = socket.recv_fds(asked, LONGEST, 1)
    asked.close()
    if not message:
        raise SystemExit  # `up` could not start
    environment, folder, umask = json.loads(message)
    os.setsid()
    os.umask(umask)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    with open(os.devnull, "r+b") as nothing:
        os.dup2(nothing.fileno(), 0)
        os.dup2(nothing.fileno(), 1)
    launcher.be_called(sys.executable, "-m", launcher.__name__)
    _show_environment()
    launcher.main(descriptors[0])
    raise SystemExit


def _show_environment() -> None:
    """Replace the environment in /proc, by which `up` finds its processes."""
    words = b"".join(b"%s=%s\0" % each for each in os.environb.items())
    assert launcher.write_over("env_start", words), "more room is needed"


class _Forked:
    """The part of `Popen` that `Launcher` uses, for a forked child."""

    def __init__(self, pid: int) -> None:
        self._pid = pid

    def kill(self) -> None:
        os.kill(self._pid, signal.SIGKILL)

    def wait(self) -> int:
        return os.waitstatus_to_exitcode(os.waitpid(self._pid, 0)[1])
