"""Prints the figures as a table: `python -m bench [first large small waiting slow page]`."""

import os
import platform
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from bench import first_md5, first_page, large_file, slow_clients, small_files, waiting_clients

GIB = 1 << 30
MEASURES: dict[str, tuple[str, Callable[[Path], list[tuple[str, str]]]]] = {
    "first": ("The first MD5", first_md5.measure),
    "large": ("A file of 5 GiB", lambda folder: large_file.measure(folder, 5 * GIB)),
    "small": ("Files of 4 KiB, embedded default", small_files.measure),
    "page": ("The page, on a first visit", first_page.measure),
    "waiting": ("Clients that wait", waiting_clients.measure),
    "slow": ("Clients that are slow on purpose", slow_clients.measure),
}


def main() -> None:
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()}")
    for name in sys.argv[1:] or MEASURES:
        title, measure = MEASURES[name]
        with tempfile.TemporaryDirectory(prefix="md5-bench-") as folder:
            rows = measure(Path(folder))
        print(f"\n{title}\n\n| what | measured |\n|---|---|")
        for row in rows:
            print(f"| {' | '.join(row)} |", flush=True)


if __name__ == "__main__":
    main()
