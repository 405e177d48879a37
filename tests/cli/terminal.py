"""A terminal, to see what a command shows to people."""

import contextlib
import os
import pty
from collections.abc import Callable, Iterator
from pathlib import Path

from tests import forked
from tests.service import COMMAND


@contextlib.contextmanager
def terminal() -> Iterator[tuple[int, Callable[[], bytes]]]:
    """The descriptor to pass to a command, and a function that reads what was shown."""
    primary, secondary = pty.openpty()
    try:
        yield secondary, lambda: os.read(primary, 1 << 16)
    finally:
        os.close(primary)
        os.close(secondary)


def on_a_terminal(*arguments: str, columns: int = 200, folder: Path | None = None) -> str:
    """What the command prints on a terminal of this width."""
    environment = os.environ | {"COLUMNS": str(columns), "TERM": "dumb"}
    with terminal() as (secondary, shown):
        ran = forked.run([COMMAND, *arguments], environment, folder or Path.cwd(), stdout=secondary)
        assert ran.returncode == 0, ran.stderr
        return shown().decode()
