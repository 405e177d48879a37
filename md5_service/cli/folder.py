"""The folder that holds all the data of `md5-service up`."""

import contextlib
import fcntl
import hashlib
import os
import re
import tempfile
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import URL

from md5_service.cli.report import complain
from md5_task_data.bucket.durable import no_link

MARK = "MD5_UP_FOLDER"  # an environment variable of every process that `up` starts: the folder it belongs to
LONGEST_SOCKET_PATH = 90  # bytes; the system's limit is 107, and Valkey appends to the path
LOCK = "up.lock"
PLACES = "bucket", "log"  # folders in it
OTHERS = 0o077  # the permissions of other users; as umask, it makes new files private
PLAIN_PATH = re.compile(r"[A-Za-z0-9/_.+-]+")


class FolderUnusable(Exception):
    """The message is one line for the person who starts the service."""


def settle(data: Path) -> None:
    """Add the settings of the folder, if it exists, to the environment; variables that are set already take precedence. Raises
    FolderUnusable if there is neither a folder nor a database setting."""
    if data.is_dir():
        os.environ.update(DataFolder(data).environment())
    elif "MD5_DATABASE_URL" not in os.environ:
        raise FolderUnusable(
            f"there is no folder {data}; name the folder of `up` with --data, or set MD5_DATABASE_URL and the other settings"
        )


class DataFolder:
    """The folder's paths, its lock, and the processes that a killed service left behind."""

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()  # so that it has one name, even if links lead to it

    def take(self, who: str = "md5-service up") -> None:
        """Create the folder if needed, make it private, and hold its lock until the process ends. Raises FolderUnusable."""
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._be_private()
            for name in PLACES:
                (self.path / name).mkdir(exist_ok=True)
            self._lock = open(self.path / LOCK, "a+", opener=no_link)  # noqa: SIM115 (held until the process ends)
        except OSError as error:
            raise FolderUnusable(f"the folder {self.path} cannot be used: {error.strerror}") from None
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._lock.seek(0)
            whose = self._lock.read().strip() or "another process"
            raise FolderUnusable(
                f"the folder {self.path} is in use by {whose}; stop it first, or choose another --data"
            ) from None
        self._lock.truncate(0)
        self._lock.write(f"{who}, process {os.getpid()}\n")
        self._lock.flush()

    def _be_private(self) -> None:
        """Refuse a folder of another user, as PostgreSQL does with its data directory. Unlike PostgreSQL, remove the access of
        others, which earlier versions left open; but not from a folder with other files in it, which may be a home folder or
        /srv. Raises OSError, FolderUnusable."""
        found = self.path.stat()
        if found.st_uid != os.geteuid():
            raise FolderUnusable(
                f"the folder {self.path} belongs to another user; start the service as that user, or choose another --data"
            )
        if not found.st_mode & OTHERS:
            return
        is_ours = (self.path / LOCK).is_file() or all((self.path / name).is_dir() for name in PLACES)
        if not is_ours and any(self.path.iterdir()):
            raise FolderUnusable(
                f"the folder {self.path} contains other files and is open to other users; choose another --data, or "
                "remove their access (`chmod 700`)"
            )
        self.path.chmod(0o700)
        is_private = not self.path.stat().st_mode & OTHERS  # some file systems ignore modes
        state = (
            "was open to other users, and is private now"
            if is_private
            else "is open to other users, and its file system does not allow closing it"
        )
        complain(f"the folder {self.path} {state}")

    def end_leftovers(self) -> int:
        """Kill the processes that a killed `up` left running on this folder; returns their number. Call it only with the lock
        held."""
        import psutil  # in the extra `embedded`, which `doctor` and `backup` do not need

        def is_ours(process: psutil.Process) -> bool:
            try:
                return process.environ().get(MARK) == str(self.path)
            except (psutil.Error, OSError):
                return False

        left = [process for process in psutil.process_iter() if process.pid != os.getpid() and is_ours(process)]
        for process in left:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(left, timeout=5)
        return len(left)

    def environment(self) -> dict[str, str]:
        """The environment with the settings of the embedded default; variables that are set already take precedence."""
        embedded = {
            "MD5_DATABASE_URL": URL.create("sqlite", database=str(self.path / "md5.sqlite3")).render_as_string(),
            "MD5_BROKER_URL": f"redis+socket://{self.broker_socket()}?virtual_host=0",
            "MD5_BUCKET_URL": f"file://{quote(str(self.path / 'bucket'))}",
            "MD5_LOG_PATH": str(self.path / "log" / "tasks.log"),
        }
        return embedded | os.environ | {MARK: str(self.path)}

    def broker_socket(self) -> Path:
        """Where Valkey listens: in the folder or, if that path is too long for a socket, in a private temporary folder."""
        inside = self.path / "valkey.sock"
        if len(os.fsencode(inside)) <= LONGEST_SOCKET_PATH and PLAIN_PATH.fullmatch(str(inside)):
            return inside
        name = hashlib.sha256(os.fsencode(self.path)).hexdigest()[:16]
        private = Path(tempfile.gettempdir()) / f"md5-service-{os.getuid()}-{name}"
        private.mkdir(mode=0o700, exist_ok=True)
        found = private.lstat()
        if found.st_uid != os.getuid() or found.st_mode & OTHERS or not private.is_dir() or private.is_symlink():
            raise FolderUnusable(f"the folder {private} is not private to this user; remove it")
        return private / "valkey.sock"
