"""A volume that can be filled."""

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers import needed

MIB = 1 << 20


PAGE = 4096  # what tmpfs allocates at a time


class SmallDisk:
    """A file system of its own, of this size in bytes, mounted on a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._filler = folder / "filler"

    def fill(self, *, but: int = 0) -> None:
        """Fill it to the last byte, except for `but` bytes."""
        with open(self._filler, "ab", buffering=0) as filler, contextlib.suppress(OSError):
            while True:
                filler.write(bytes(MIB))
        with open(self._filler, "ab", buffering=0) as filler:
            with contextlib.suppress(OSError):
                while True:
                    filler.write(bytes(PAGE))
            filler.truncate(filler.tell() - but)

    def empty(self) -> None:
        self._filler.unlink()


@contextlib.contextmanager
def small_disk(folder: Path, size: int) -> Iterator[SmallDisk]:
    mount, umount = needed("full disks", "mount", "mount", "umount")
    folder.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        [mount, "-t", "tmpfs", "-o", f"size={size},mode=755", "small-disk", folder], capture_output=True, text=True
    )
    if done.returncode:
        words = f"a file system cannot be mounted here: {done.stderr.strip()}"
        assert "CI" not in os.environ, f"CI tests with full disks; {words}"
        pytest.skip(f"NOT TESTED WITH FULL DISKS; {words}")
    try:
        yield SmallDisk(folder)
    finally:
        subprocess.run([umount, "--lazy", folder], check=True)
