"""Programs that tests start often, forked from a process that has imported what they need: a tenth of a second each instead of
one and a half. The tests of the README, and those in containers, start them as users do.
"""

import functools
import importlib
import json
import os
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

from md5_service.cli.launcher import Launched, Launcher
from tests.checkout import ROOT

PROGRAMS = {
    "celery": ("celery.__main__", "main"),
    "uvicorn": ("uvicorn.main", "main"),
}
MODULES = (
    *("celery.bin.celery", "celery.apps.worker", "celery.apps.beat", "celery.concurrency.prefork"),
    *("md5_service.worker.app", "md5_service.api.app", "md5_service.api.wire", "uvicorn.main", __name__),
)


def start(command: Sequence[str], environment: Mapping[str, str], folder: Path, stderr: int) -> Launched:
    """The first word is a program's name, or the path to it."""
    changes = {name: value for name, value in environment.items() if os.environ.get(name) != value}
    gone = [name for name in os.environ if name not in environment]
    return _launcher().launch(
        [__name__, json.dumps(changes), json.dumps(gone), str(folder), Path(command[0]).name, *command[1:]], [stderr]
    )


def prepare() -> None:
    """From a thread that lives longer than what will be started, for the kernel ends that with it."""
    _launcher()


class _Shared(Launcher):
    """For several threads."""

    def __init__(self) -> None:
        path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
        super().__init__(MODULES, os.environ | {"PYTHONPATH": path}, Path("/"))
        self._lock = threading.RLock()

    def launch(self, words: Sequence[str], descriptors: Sequence[int] = ()) -> Launched:
        with self._lock:
            return super().launch(words, descriptors)

    def look(self) -> None:
        with self._lock:
            super().look()


@functools.cache
def _launcher() -> Launcher:
    launcher = _Shared()
    launcher.start()
    return launcher


def main(changes: str, gone: str, folder: str, program: str, *rest: str | int) -> None:
    """What is forked: becomes the program. The last argument is the descriptor of its stderr."""
    *arguments, stderr = rest
    os.environ.update(json.loads(changes))
    for name in json.loads(gone):
        os.environ.pop(name, None)
    os.chdir(folder)
    os.dup2(int(stderr), 2)
    sys.argv = [program, *map(str, arguments)]
    module, name = PROGRAMS[program]
    getattr(importlib.import_module(module), name)()
