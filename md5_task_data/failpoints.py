"""Named places in the code where a test can crash, fail or pause a process, one at each step of every guarantee.

When off (the default), `reach` costs one check of a variable. When on, `MD5_FAILPOINTS` names a folder. A file in it
with the name of a failpoint arms that failpoint, once, for the first process that reaches it. The file's text says what
happens:

    crash       the process is killed, as by `kill -9`
    error       OSError(EIO) is raised
    pause 12    the process sleeps for 12 seconds

The file is renamed to `<name>.reached` before it takes effect, so that a test can see that it did. Files may be added
at any time; no process needs a restart.
"""

import errno
import os
import signal
import time
from pathlib import Path

# In the order in which a file passes them. A test compares this list with the code.
NAMES = (
    "intake.received",  # all bytes received, not yet durable
    "intake.stored",  # durable, no row
    "intake.inserted",  # before COMMIT
    "intake.committed",  # promised, but the client has no answer yet
    "intake.published",
    "claim.updated",  # before COMMIT
    "claim.committed",
    "work.done",  # only this process knows the result
    "finish.updated",  # before COMMIT
    "finish.committed",
    "cut.updated",  # before COMMIT
    "cut.committed",  # and no hint sent
    "step.updated",  # some rows of the kind, before COMMIT
    "step.committed",
    "end_part.updated",  # before COMMIT
    "end_part.committed",  # and no hint sent to close the file
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
    "sweep.deleted",  # expired bytes are deleted, but not yet recorded
)
CRASH, ERROR, PAUSE = "crash", "error", "pause"

_folder: Path | None = None


def arm(folder: Path | None) -> None:
    """Make this process look for armed failpoints in `folder`; None: never."""
    global _folder
    _folder = folder


def reach(name: str) -> None:
    """Do what the failpoint of this name is armed to do. Raises OSError for `error`."""
    if _folder is not None:
        _reach(_folder / name)


def _reach(armed: Path) -> None:
    reached = armed.with_name(f"{armed.name}.reached")
    try:
        armed.rename(reached)  # only one of several processes succeeds
    except FileNotFoundError:
        return
    action, _, seconds = reached.read_text().strip().partition(" ")
    if action == CRASH:
        os.kill(os.getpid(), signal.SIGKILL)
    elif action == ERROR:
        raise OSError(errno.EIO, f"failpoint {armed.name}")
    elif action == PAUSE:
        time.sleep(float(seconds))
