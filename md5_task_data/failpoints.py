"""Named places in the code where a test makes a process crash, fail or fall asleep: at each step of every promise.

Off (the default) `reach` costs one look at a variable. On, `MD5_FAILPOINTS` names a folder: a file in it that bears the
name of a failpoint arms it, for the first process that comes by, and one time only; the file says what then happens:

    crash       the process is ended as by `kill -9`
    error       OSError(EIO) is raised
    pause 12    nothing happens for 12 seconds

The file is renamed to `<name>.reached` before it takes effect, so that a test knows that it did. Files may be put there at
any moment: no process has to be started again.
"""

import errno
import os
import signal
import time
from pathlib import Path

# In the order in which a file meets them. A test holds this list against the code.
NAMES = (
    "intake.received",  # all bytes are here, not yet durable
    "intake.stored",  # durable, no row
    "intake.inserted",  # before COMMIT
    "intake.committed",  # a promise, and nobody knows of it
    "intake.published",
    "claim.updated",  # before COMMIT
    "claim.committed",
    "work.done",  # the result is known to this process alone
    "finish.updated",  # before COMMIT
    "finish.committed",
    "cut.updated",  # before COMMIT
    "cut.committed",  # and no hint sent
    "step.updated",  # some rows of a kind's own, before COMMIT
    "step.committed",
    "end_part.updated",  # before COMMIT
    "end_part.committed",  # and no hint sent that the file is to be closed
    "beat.updated",  # before COMMIT
    "beat.committed",
    "fail.updated",  # before COMMIT
    "fail.committed",
    "put_back.updated",  # before COMMIT
    "put_back.committed",
    "log.locked",  # L1
    "log.appended",  # L2, before COMMIT
    "log.appended.committed",
    "log.written",  # L3, before fdatasync
    "log.synced",
    "log.settled",  # L4, before COMMIT
    "log.settled.committed",
    "sweep.moved",  # before COMMIT
    "sweep.committed",  # and no hint sent
    "sweep.published",
    "sweep.deleted",  # bytes that are kept no longer, and no note of it yet
)
CRASH, ERROR, PAUSE = "crash", "error", "pause"

_folder: Path | None = None


def arm(folder: Path | None) -> None:
    """Have this process look for armed failpoints in `folder`; None: never."""
    global _folder
    _folder = folder


def reach(name: str) -> None:
    """Do what the failpoint of this name is armed with. Raises OSError where that is an error."""
    if _folder is not None:
        _reach(_folder / name)


def _reach(armed: Path) -> None:
    reached = armed.with_name(f"{armed.name}.reached")
    try:
        armed.rename(reached)  # of many processes one succeeds
    except FileNotFoundError:
        return
    action, _, seconds = reached.read_text().strip().partition(" ")
    if action == CRASH:
        os.kill(os.getpid(), signal.SIGKILL)
    elif action == ERROR:
        raise OSError(errno.EIO, f"failpoint {armed.name}")
    elif action == PAUSE:
        time.sleep(float(seconds))
