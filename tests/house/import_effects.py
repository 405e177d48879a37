"""Imports modules in a fresh interpreter, and prints every change except those to `sys.modules`. Run with `python -m`; the names
come on stdin: `[[module, …], [foreign module, …]]`. The contents of the foreign ones are compared before and after.
"""

import gc
import importlib
import json
import logging
import os
import resource
import signal
import sys
import threading
import types
from collections.abc import Iterator
from typing import Any

WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT
STARTS = ("subprocess.Popen", "os.fork", "os.posix_spawn", "sqlite3.connect")
OF_CLASSES = {
    "_abc_impl",
    "__abstractmethods__",
    "__annotations__",
    "__dict__",
    "__doc__",
    "__weakref__",
}  # caches, filled by use
BY_ITSELF = ("sys.modules", "sys.path_importer_cache", "sys._", "sys.last_", "threading._", "logging._")


def main() -> None:
    modules, foreign = json.load(sys.stdin)
    for name in foreign:
        importlib.import_module(name)
    effects: list[str] = []
    before, theirs = state(), contents(foreign)
    is_watching = True

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        if not is_watching:
            return
        is_writing = event == "open" and isinstance(arguments[2], int) and bool(arguments[2] & WRITES)
        if is_writing or event in STARTS or event.startswith("socket."):
            effects.append(f"{event} {arguments}")

    sys.addaudithook(watch)
    for name in modules:
        importlib.import_module(name)
    is_watching = False
    after, now = state(), contents(foreign)
    effects += [f"{name}: {before[name]} became {after[name]}" for name in before if before[name] != after[name]]
    effects += [f"{name} is another" for name in theirs | now if not is_same(theirs.get(name), now.get(name))]
    print(json.dumps(effects))


def is_same(before: object, after: object) -> bool:
    return before == after if isinstance(before, str) else before is after


def state() -> dict[str, object]:
    """The state of the process, apart from its modules."""
    os.umask(umask := os.umask(0))
    return {
        "threads": [thread.name for thread in threading.enumerate()],
        "descriptors": sorted(_descriptors()),
        "environment": dict(os.environ),
        "signals": [repr(signal.getsignal(number)) for number in signal.valid_signals()],
        "limits": [resource.getrlimit(limit) for limit in (resource.RLIMIT_NOFILE, resource.RLIMIT_DATA)],
        "collector": [gc.get_threshold(), gc.get_freeze_count(), gc.isenabled()],
        "switch interval": sys.getswitchinterval(),
        "umask": umask,
        "folder": os.getcwd(),
        "log": [repr(logging.getLogger().handlers), logging.getLogger().level],
        "modules that cannot be found": [name for name, module in sys.modules.items() if module is None],
    }


def _descriptors() -> Iterator[str]:
    for name in os.listdir("/proc/self/fd"):
        try:
            target = os.readlink(f"/proc/self/fd/{name}")
        except FileNotFoundError:  # the descriptor with which the list was read
            continue
        yield f"{name} {target}"


def contents(modules: list[str]) -> dict[str, object]:
    """The value of each attribute of these modules and their classes, with the contents of lists and dictionaries as text."""
    found: dict[str, object] = {}
    for module in (sys.modules[name] for name in modules):
        for name, value in list(vars(module).items()):
            path = f"{module.__name__}.{name}"
            if not isinstance(value, types.ModuleType) and not name.startswith("__") and not path.startswith(BY_ITSELF):
                found |= dict(_contents(module, path, value))
    return found


def _contents(module: types.ModuleType, path: str, value: Any) -> Iterator[tuple[str, object]]:
    yield path, value
    if isinstance(value, dict | list | set):
        yield f"{path}, what is in it", repr(value)
    elif isinstance(value, type) and value.__module__ == module.__name__:
        for name, inner in vars(value).items():
            if name not in OF_CLASSES:
                yield f"{path}.{name}", inner
    elif type(value).__name__ == "Signal":
        yield f"{path}, its receivers", repr(value.receivers or [])


if __name__ == "__main__":
    main()
