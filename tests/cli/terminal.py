"""A terminal, for what a command shows to people."""

import os
import pty
from pathlib import Path

from tests import forked
from tests.service import COMMAND


def on_a_terminal(*arguments: str, columns: int = 200, folder: Path | None = None) -> str:
    """What the command writes on a terminal so wide."""
    primary, secondary = pty.openpty()
    environment = os.environ | {"COLUMNS": str(columns), "TERM": "dumb"}
    ran = forked.run([COMMAND, *arguments], environment, folder or Path.cwd(), stdout=secondary)
    assert ran.returncode == 0, ran.stderr
    try:
        return os.read(primary, 1 << 16).decode()
    finally:
        os.close(primary)
        os.close(secondary)
