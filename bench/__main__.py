"""Prints the figures as tables: `python -m bench [first large upload small bytes rows lanes … contacts phones peers]`."""

import argparse
import os
import platform
import tempfile
from collections.abc import Callable
from pathlib import Path

from bench import (
    contacts,
    first_md5,
    first_page,
    floods,
    large_file,
    large_upload,
    many_rows,
    neighbours,
    phones,
    row_or_bucket,
    slow_clients,
    small_files,
    two_lanes,
    waiting_clients,
)
from bench.peers.compare import compare

GIB = 1 << 30
MEASURES: dict[str, tuple[str, Callable[[Path], list[tuple[str, str]]]]] = {
    "first": ("The first MD5", first_md5.measure),
    "large": ("A file of 5 GiB", lambda folder: large_file.measure(folder, 5 * GIB)),
    "upload": ("Uploading a file of 1 GiB", lambda folder: large_upload.measure(folder, GIB)),
    "small": ("Files of 4 KiB, embedded default", small_files.measure),
    "bytes": ("Bytes of small files: in the bucket, or in the database", row_or_bucket.measure),
    "rows": ("A promise beside a million finished ones", many_rows.measure),
    "lanes": ("Small files beside two of 5 GiB", lambda folder: two_lanes.measure(folder, 5 * GIB)),
    "page": ("The page, on a first visit", first_page.measure),
    "waiting": ("Clients that wait", waiting_clients.measure),
    "slow": ("Clients that are slow on purpose", slow_clients.measure),
    "floods": ("One owner's files beside another's flood: median, 99 of 100 within, the longest", floods.measure),
    "neighbours": ("A neighbour beside one who asks for the most", neighbours.measure),
    "contacts": ("A million contacts", contacts.measure),
    "phones": ("The phone numbers of 100 MiB", phones.measure),
}
QUICK: dict[str, Callable[[Path], list[tuple[str, str]]]] = {
    "contacts": lambda folder: contacts.measure(folder, **contacts.QUICK),
    "phones": lambda folder: phones.measure(folder, **phones.QUICK),
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure; without names, everything.")
    names = [*MEASURES, "peers"]
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(names))
    parser.add_argument(
        "--quick", action="store_true", help="peers: 32 clients only, 3 s at a time, no plot; contacts, phones: few"
    )
    parser.add_argument("--only", default="", metavar="WORD", help="peers: only those with this in their names")
    chosen = parser.parse_args()
    if unknown := set(chosen.names) - set(names):
        parser.error(f"no such measure: {', '.join(unknown)}")
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()}")
    for name in chosen.names or names:
        with tempfile.TemporaryDirectory(prefix="md5-bench-") as folder:
            if name == "peers":
                title, measured = (
                    "Promises, side by side",
                    compare(Path(folder), is_quick=chosen.quick, only=chosen.only),
                )
            else:
                title, measure = MEASURES[name]
                measured = _table((QUICK.get(name, measure) if chosen.quick else measure)(Path(folder)))
        print(f"\n## {title}\n\n{measured}", flush=True)


def _table(rows: list[tuple[str, str]]) -> str:
    return "\n".join(["| what | measured |", "|---|---|", *(f"| {' | '.join(row)} |" for row in rows)])


if __name__ == "__main__":
    main()
