"""A process that has everything imported that those of `md5-service up` need, and forks each of them: five Pythons start in
the time of one, and share its memory.

`up` starts it as `python -m md5_service.cli.launcher FD`. Datagrams of JSON go over the socket FD: first the modules to import;
then, for each process, a list of a module and the arguments of its `main`, with the descriptors that go along. The answer is
`{"pid"}`, and when one has ended comes `{"pid", "ended"}`, with what `returncode` would be. The launcher is the parent, so
the kernel ends the others with it; it ends with `up`, or when the socket is closed.
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

LOADED_S = 180  # for all modules to be imported
LONGEST = 1 << 16  # bytes of a datagram
MOST_DESCRIPTORS = 8
KILLED = -signal.SIGKILL
AREAS = {"arg_start": 45, "env_start": 47}  # where they stand after the name of the program
QUIET = {"PYTHONWARNINGS": "ignore:You're running the worker with superuser"}  # that is about pickle, which is off


class Launcher:
    """`up`'s side: starts the launcher when the first process is asked for, and again when it has died."""

    def __init__(self, modules: Sequence[str], environment: Mapping[str, str], folder: Path) -> None:
        self._modules = modules
        self._environment = environment
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self._socket: socket.socket | None = None
        self._launched: dict[int, Launched] = {}

    def start(self) -> None:
        """Have it import what it needs; `launch` waits for that."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = _new_python(theirs.fileno(), {**self._environment, **QUIET}, self._folder)
        ours.settimeout(LOADED_S)
        ours.send(json.dumps(self._modules).encode())
        self._socket = ours

    def launch_reporting(self, words: Sequence[str]) -> "Launched":
        """As `launch`, of what writes a byte into the descriptor that it gets once it has begun."""
        reading, writing = os.pipe()
        os.set_blocking(reading, False)
        begun = open(reading, "rb", buffering=0)  # noqa: SIM115 (closed once it has begun, or with the process)
        with open(writing, "wb", buffering=0):
            launched = self.launch(words, [writing])
        launched.begun = begun
        return launched

    def launch(self, words: Sequence[str], descriptors: Sequence[int] = ()) -> "Launched":
        """A new process in a session of its own: `main` of the module `words[0]`, with the others. Raises OSError where it
        cannot be."""
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
        """Note who has ended."""
        while self._socket is not None and select.select([self._socket], [], [], 0)[0]:
            self._next()

    def _next(self) -> dict[str, int] | None:
        """The next message; None at the end of the launcher, and so of all."""
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
        """With all that it has launched and that is still there."""
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
        stdout=subprocess.DEVNULL,  # Celery's banner; what matters comes on stderr
        pass_fds=[descriptor],
        start_new_session=True,  # Ctrl-C is for `up` to hand on, in order
        preexec_fn=die_with_parent,
    )


class Launched:
    """As `subprocess.Popen`, so far as it is needed."""

    def __init__(self, pid: int, launcher: Launcher) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self.begun: IO[bytes] | None = None  # a byte comes out once it has begun
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
    """The launcher itself, and then each process. Ends with SystemExit, or returns."""
    asking = socket.socket(fileno=descriptor)
    for name in json.loads(asking.recv(LONGEST)):
        importlib.import_module(name)
    gc.freeze()  # what is imported stays shared
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
    # This is the new process. It has nothing of the launcher's but what is imported.
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
    with contextlib.suppress(ChildProcessError):  # none is left
        while (found := os.waitpid(-1, os.WNOHANG))[0]:
            code = os.waitstatus_to_exitcode(found[1])
            asking.send(json.dumps({"pid": found[0], "ended": code}).encode())


def be_called(*words: str) -> None:
    """For `ps` and its like: the words take the place of the launcher's own (proc(5), `cmdline` and `stat`)."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        write_over("arg_start", "\0".join(words).encode())


def write_over(area: str, words: bytes) -> bool:
    """In what /proc shows of this process, from that field of proc(5) `stat` to the next, which is its end. Returns whether there
    was room for all of it. Raises OSError, ValueError, IndexError."""
    fields = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
    begin, end = map(int, fields[AREAS[area] :][:2])
    room = end - begin
    with open("/proc/self/mem", "r+b", buffering=0) as memory:
        memory.seek(begin)
        memory.write(words[: room - 1].ljust(room, b"\0"))
    return len(words) < room


if __name__ == "__main__":
    main(int(sys.argv[1]))
