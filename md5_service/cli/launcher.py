"""A process that imports everything the processes of `md5-service up` need, and forks each of them: five Pythons start in the
time of one, and share its memory.

`up` starts it as `python -m md5_service.cli.launcher FD`. Datagrams of JSON go over the socket FD: first the modules to import;
then, for each process, a list of a module and the arguments of its `main`, with the descriptors to pass on. The answer is
`{"pid"}`. When a process ends, `{"pid", "ended"}` follows, where `ended` is what `returncode` would be. The launcher is the
parent, so the kernel ends the others with it. It ends with `up`, or when the socket is closed.
"""

import contextlib
import gc
import importlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from md5_service.cli.processes import die_with_parent

LOADED_S = 180  # to import all modules
LONGEST = 1 << 16  # bytes of a datagram
MOST_DESCRIPTORS = 8
KILLED = -signal.SIGKILL
AREAS = {"arg_start": 45, "env_start": 47}  # the indexes of these fields after the program's name
QUIET = {
    "PYTHONWARNINGS": "ignore:You're running the worker with superuser"
}  # the warning is about pickle, which is off


class Launcher:
    """The side of `up`: starts the launcher when the first process is requested, and again if it has died."""

    def __init__(self, modules: Sequence[str], environment: Mapping[str, str], folder: Path) -> None:
        self._modules = modules
        self._environment = environment
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self._socket: socket.socket | None = None
        self._launched: dict[int, Launched] = {}

    def start(self) -> None:
        """Start the launcher, which begins to import the modules. `launch` waits for that."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = _new_python(theirs.fileno(), {**self._environment, **QUIET}, self._folder)
        ours.settimeout(LOADED_S)
        ours.send(json.dumps(self._modules).encode())
        self._socket = ours

    def launch_reporting(self, words: Sequence[str]) -> "Launched":
        """`launch` for a process that writes a byte into its descriptor when it is ready."""
        reading, writing = os.pipe()
        os.set_blocking(reading, False)
        begun = open(reading, "rb", buffering=0)  # noqa: SIM115 (closed once it is ready, or with the process)
        with open(writing, "wb", buffering=0):
            launched = self.launch(words, [writing])
        launched.begun = begun
        return launched

    def launch(self, words: Sequence[str], descriptors: Sequence[int] = ()) -> "Launched":
        """Start a process in a session of its own: `main` of the module `words[0]`, called with the other words. Raises OSError
        if it cannot be started."""
        self.look()
        if self._socket is None:
            self.start()
        assert self._socket is not None
        socket.send_fds(self._socket, [json.dumps(words).encode()], descriptors)
        while True:
            if (answer := self._next()) is None:
                raise ChildProcessError("the launcher has ended")
            if "ended" not in answer:
                launched = self._launched[answer["pid"]] = Launched(answer["pid"], self)
                return launched

    def look(self) -> None:
        """Note which processes have ended."""
        while self._socket is not None and select.select([self._socket], [], [], 0)[0]:
            self._next()

    def _next(self) -> dict[str, int] | None:
        """The next message. None if the launcher has ended, and all its processes with it."""
        assert self._socket is not None
        message = b""
        with contextlib.suppress(ConnectionError):
            message = self._socket.recv(LONGEST)
        if not message:
            self.end()
            return None
        answer: dict[str, int] = json.loads(message)
        if "ended" in answer and (ended := self._launched.pop(answer["pid"], None)):
            ended.returncode = answer["ended"]
        return answer

    def end(self) -> None:
        """End the launcher, and every process it launched that is still running."""
        if self._socket is not None and self._process is not None:
            self._socket.close()
            self._process.kill()
            self._process.wait()
        self._socket = None
        for launched in self._launched.values():
            launched.returncode = KILLED
        self._launched.clear()


def _new_python(descriptor: int, environment: Mapping[str, str], folder: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-P", "-m", __name__, str(descriptor)],
        env=environment,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,  # Celery's banner; everything else is on stderr
        pass_fds=[descriptor],
        start_new_session=True,  # on Ctrl-C, `up` stops its processes in order
        preexec_fn=die_with_parent,
    )


class Launched:
    """The part of `subprocess.Popen` that is needed."""

    def __init__(self, pid: int, launcher: Launcher) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self.begun: IO[bytes] | None = None  # delivers a byte once the process is ready
        self._launcher = launcher

    @property
    def has_begun(self) -> bool:
        if self.begun is not None and self.begun.read(1):
            self.begun.close()
            self.begun = None
        return self.begun is None

    def poll(self) -> int | None:
        if self.returncode is None:
            self._launcher.look()
        return self.returncode

    def wait(self, timeout: float) -> int:
        """Raises TimeoutExpired."""
        deadline = time.monotonic() + timeout
        while (returncode := self.poll()) is None:
            if time.monotonic() >= deadline:
                raise subprocess.TimeoutExpired("a process", timeout)
            time.sleep(0.01)
        return returncode

    def terminate(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGTERM)


def main(descriptor: int) -> None:
    """Runs the launcher, and in each forked child the process itself. Returns, or raises SystemExit."""
    asking = socket.socket(fileno=descriptor)
    for name in json.loads(asking.recv(LONGEST)):
        importlib.import_module(name)
    gc.freeze()  # keeps the memory of the imported modules shared
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wake)
    with asking:
        watched: list[Any] = [asking, woken]
        while True:
            ready = select.select(watched, [], [])[0]
            if woken in ready:
                os.read(woken, LONGEST)
                _report_ended(asking)
            if asking in ready:
                request, descriptors, _, _ = socket.recv_fds(asking, LONGEST, MOST_DESCRIPTORS)
                if not request:
                    return
                if (pid := os.fork()) == 0:
                    break
                for each in descriptors:
                    os.close(each)
                asking.send(json.dumps({"pid": pid}).encode())
    # This is the new process. All it keeps of the launcher is the imported modules.
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.close(woken)
    os.close(wake)
    os.setsid()
    die_with_parent()
    module, *arguments = json.loads(request)
    be_called(module, *arguments)
    importlib.import_module(module).main(*arguments, *descriptors)


def _report_ended(asking: socket.socket) -> None:
    with contextlib.suppress(ChildProcessError):  # there is no child left
        while (found := os.waitpid(-1, os.WNOHANG))[0]:
            code = os.waitstatus_to_exitcode(found[1])
            asking.send(json.dumps({"pid": found[0], "ended": code}).encode())


def be_called(*words: str) -> None:
    """Replace the launcher's command line with these words, for `ps` and similar tools (proc(5), `cmdline` and `stat`)."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        write_over("arg_start", "\0".join(words).encode())


def write_over(area: str, words: bytes) -> bool:
    """Overwrite the memory that /proc shows, from this field of proc(5) `stat` to the next, which is its end. Returns whether all
    of `words` fitted. Raises OSError, ValueError, IndexError."""
    fields = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
    begin, end = map(int, fields[AREAS[area] :][:2])
    room = end - begin
    with open("/proc/self/mem", "r+b", buffering=0) as memory:
        memory.seek(begin)
        memory.write(words[: room - 1].ljust(room, b"\0"))
    return len(words) < room


if __name__ == "__main__":
    main(int(sys.argv[1]))
