"""Names that would lead elsewhere if they were used as paths, or decoded once too often."""

import random
from collections.abc import Iterator
from typing import NamedTuple

DOTS = (
    b"..",
    b"%2e%2e",
    b".%2E",
    b"%252e%252e",
    b"%c0%ae%c0%ae",  # overlong UTF-8
    b"%e0%80%ae%e0%80%ae",
    b"%u002e%u002e",
    b"%ef%bc%8e%ef%bc%8e",  # full width
    "．．".encode(),
    b"%e2%80%a5",  # two dots in one character
    b"..;",
    b"..;a=b",
    b"..%00",
    b"..%0d%0a",
    b"....",
    b".%20.",
    b"",
)
SLASHES = (
    b"/",
    b"//",
    b"/./",
    b"/;/",
    b"%2f",
    b"%252F",
    b"\\",
    b"%5c",
    b"%255c",
    b"%c0%af",
    b"%e2%88%95",  # U+2215
    b"%ef%bc%8f",  # full width
)
DEPTHS = (1, 1, 2, 3, 16)  # the last one leads to the root, wherever it starts
BEFORE = (b"", b"", b"/", b"ID/", b"index.js/", b"file:///", b"C:")
AFTER = (
    b"",
    b"",
    b"/",
    b".",
    b"...",
    b"%00",
    b"%00.js",
    b";.js",
    b"#x",
    b"?x=1",
    b"%20",
    b"::$DATA",
    b"~",
    b"a" * 9000,
)

READ = (
    ("GET", b"/assets/%s"),
    ("GET", b"/assets/assets/%s"),
    ("GET", b"/%s"),
    ("GET", b"/tasks/%s"),
    ("GET", b"/v1/%s"),
    ("GET", b"/v1/tasks/%s"),
    ("HEAD", b"/v1/tasks/%s/file"),
    ("GET", b"/v1/tasks/%s/file"),
    ("GET", b"/v1/tasks/ID/file/%s"),
    ("GET", b"/v1/tasks/ID/%s/file"),
    ("GET", b"/v1/tasks/%s/events"),
    ("GET", b"/v1/tasks/events?id=%s"),
    ("GET", b"/v1/tasks/%s/rejects.csv"),
    ("GET", b"/v1/contacts/%s"),
    ("GET", b"/v1/contacts?task=%s"),
    ("GET", b"/v1/tasks?filename=%s"),
    ("GET", b"/v1/tasks?cursor=%s"),
    ("GET", b"/v1/manifest.md5?batch=%s"),
    ("POST", b"/v1/tasks/%s/retry"),
    ("DELETE", b"/v1/tasks/%s"),
    ("DELETE", b"/v1/tasks/%s/results"),
)
UPLOADS = ("query", "form", "extended")


class Trick(NamedTuple):
    """`where` is a method and a place in `READ`, or one of `UPLOADS`."""

    where: tuple[str, bytes] | str
    name: bytes
    is_absolute: bool  # the request line has an absolute URL


def tricks(chance: random.Random, targets: list[bytes], planted: bytes, task_id: str) -> Iterator[Trick]:
    """An endless series without repetitions. It tries to read `targets` and to write `planted`."""
    seen: set[Trick] = set()
    while True:
        upload = chance.random() < 0.2
        where = chance.choice(UPLOADS) if upload else chance.choice(READ)
        slash = chance.choice(SLASHES)
        climb = (chance.choice(DOTS) + slash) * chance.choice(DEPTHS)
        target = planted if upload else chance.choice(targets)
        name = chance.choice(BEFORE) + climb + target.replace(b"/", slash) + chance.choice(AFTER)
        trick = Trick(where, name.replace(b"ID", task_id.encode()), not upload and chance.random() < 0.1)
        if trick not in seen:
            seen.add(trick)
            yield trick
