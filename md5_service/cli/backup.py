"""`md5-service backup` and `md5-service restore`: their messages, and the file that they write or read. Stdout is for the
archive, or for the findings of the doctor; everything else goes to stderr."""

import contextlib
import errno
import fcntl
import io
import os
import signal
import stat
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast

from md5_service.cli.doctor import FOUND, print_all
from md5_service.cli.folder import OTHERS, DataFolder, FolderUnusable, settle
from md5_service.cli.report import complain, say
from md5_service.settings import BadSettings, Settings, read_settings
from md5_task_data.bucket.durable import sync_folder
from md5_task_data.bucket.folder import Bucket
from md5_task_data.database.engine import Database
from md5_task_data.errors import DependencyAway, TaskDataError
from md5_task_data.upkeep.backup import backup
from md5_task_data.upkeep.doctor import examine
from md5_task_data.upkeep.restore import SHOWN, Restored, restore
from md5_task_data.upkeep.staging import OnProgress

CANNOT, STOPPED = 2, 130
STANDARD = "-"  # standard output or input
SHOW_S = 0.2  # between two updates of the progress
NEEDED = {"MD5_DATABASE_URL", "MD5_BUCKET_URL", "MD5_LOG_PATH"}
End = tuple[int, str]  # an exit code, and the last line on stderr
AFTER = "start the service now; `md5-service doctor` repeats the check at any time"


def back_up(name: str, data: Path) -> int:
    """Returns the exit code."""
    return _in_order(name, lambda: _back_up(name, data), "stopped; no backup was made")


def bring_back(name: str, data: Path) -> int:
    """Returns the exit code."""
    return _in_order(
        name,
        lambda: _bring_back(name, data),
        "stopped; if the database is still empty, nothing was restored: start again",
    )


def _in_order(name: str, work: Callable[[], End], stopped: str) -> int:
    """Do the work, and say in one line how it ended. Returns the exit code."""
    try:
        with _ended_in_order():
            code, words = work()
    except (FolderUnusable, BadSettings, TaskDataError, DependencyAway, OSError) as error:
        code, words = CANNOT, _words(name, error)
    except KeyboardInterrupt:
        code, words = STOPPED, stopped
    complain(words)
    return code


@contextmanager
def _ended_in_order() -> Iterator[None]:
    """Clean up after SIGTERM and SIGHUP as after Ctrl-C."""
    before = [(number, signal.signal(number, signal.default_int_handler)) for number in (signal.SIGTERM, signal.SIGHUP)]
    try:
        yield
    finally:
        for number, handler in before:
            signal.signal(number, handler)


def _back_up(name: str, data: Path) -> End:
    settle(data)
    settings = read_settings()
    with _open(settings) as (database, bucket), _to(name) as file, _progress() as on_progress:
        holds = backup(database, bucket, settings.log_path, file, on_progress)
    return 0, f"backup made: {holds}"


def _bring_back(name: str, data: Path) -> End:
    with _from(name) as file, _taken(data):
        settings = read_settings()
        with _open(settings, is_new=True) as (database, bucket):
            with _progress() as on_progress:
                done = restore(file, database, bucket, settings.log_path, settings.keep_uploads_s, on_progress)
            to_be_seen = _say_what_was_done(done, settings.log_path)
            found = print_all(examine(database, bucket, settings.log_path))
    return (FOUND, f"see the messages above; then {AFTER}") if found or to_be_seen else (0, AFTER)


def _say_what_was_done(done: Restored, log: Path) -> bool:
    """Returns whether something needs attention."""
    complain(
        f"restored the state of {done.made_at}: {done.tasks} tasks, {done.unfinished} of them unfinished, which will continue; "
        f"{done.files} stored files"
    )
    if done.written:
        complain(f"the log {log} lacked {done.written} lines; they were written again from the database")
    if done.beyond:
        complain(
            f"the log {log} had {done.beyond} lines that are not in the backup; they were saved beside it. "
            f"{done.beyond - done.lost} are about files in the backup, which will finish again; {done.lost} are about files "
            "uploaded after the backup, whose ids are no longer known: upload again what is needed"
        )
        for words in done.named:
            say(f"    {words}")
        if done.lost > SHOWN:
            say(f"    and {done.lost - SHOWN} more")
    if done.unknown:
        complain(f"the bucket had {done.unknown} files that belong to no task; they stay until you have looked at them")
    if done.log_trouble:
        complain(
            f"the log {log} does not agree with the database yet ({done.log_trouble}); fix that, and it is written when the next "
            "file finishes; `md5-service doctor` checks it"
        )
    return bool(done.beyond or done.unknown or done.log_trouble)


@contextmanager
def _taken(data: Path) -> Iterator[None]:
    """Use the settings of the environment, or those of a folder. The folder is locked, so that no service runs in it before this
    process ends, and new files in it are private, as `up` makes them. Raises FolderUnusable."""
    if not NEEDED - os.environ.keys() or ("MD5_DATABASE_URL" in os.environ and not data.is_dir()):
        yield
        return
    umask = os.umask(OTHERS)
    try:
        folder = DataFolder(data)
        folder.take("md5-service restore")
        folder.end_leftovers()
        os.environ.update(folder.environment())
        yield
    finally:
        os.umask(umask)


@contextmanager
def _open(settings: Settings, *, is_new: bool = False) -> Iterator[tuple[Database, Bucket]]:
    database = Database(settings.database_url)
    # To connect would create an empty one.
    if database.is_sqlite and not is_new and not Path(str(database.url.database)).exists():
        raise FolderUnusable(f"the database {database.url.database} does not exist")
    with contextlib.closing(database):
        yield database, Bucket(settings.bucket_url)


@contextmanager
def _to(name: str) -> Iterator[IO[bytes]]:
    """Where the archive goes. A file appears under its name only when it is complete, and never replaces another."""
    if name == STANDARD:
        if sys.stdout is None:
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))
        if sys.stdout.isatty():
            raise OSError(
                errno.EINVAL, "a backup cannot be written to a terminal; name a file, or redirect with | or >"
            )
        with _buffered(sys.stdout.buffer) as file:
            yield file
            file.flush()
        return
    path = Path(name)
    partial = path.with_name(f"{path.name}.partial")
    _refuse_existing(path)
    descriptor = _open_partial(partial)
    # Buffered: an unbuffered write to a nearly full disk may write less than it was given, without an error.
    with open(descriptor, "wb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise OSError(errno.EBUSY, "another backup is being written to it") from None
        try:
            file.truncate()
            yield file
            file.flush()
            os.fsync(file.fileno())
            _refuse_existing(path)
            partial.rename(path)
            sync_folder(path.parent)
        except BaseException:
            partial.unlink(missing_ok=True)
            raise


def _open_partial(partial: Path) -> int:
    """Create a private file, or reuse the one that an earlier backup left behind. Refuses a file that another user may have put
    there, to read the backup or to have one of our files overwritten."""
    with contextlib.suppress(FileExistsError):
        return os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)  # follows no link
    planted = FileExistsError(errno.EEXIST, f"{partial.name} exists, and was not left by an earlier backup; remove it")
    try:
        # NONBLOCK, so that a pipe does not block.
        descriptor = os.open(partial, os.O_WRONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise planted from error
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid() or found.st_nlink != 1:
        os.close(descriptor)
        raise planted
    return descriptor


@contextmanager
def _buffered(file: Any) -> Iterator[IO[bytes]]:
    """With PYTHONUNBUFFERED, standard output has no buffer."""
    if not isinstance(file, io.RawIOBase):
        yield cast(IO[bytes], file)
        return
    buffered = io.BufferedWriter(file)
    try:
        yield buffered
    finally:
        buffered.detach()


def _refuse_existing(path: Path) -> None:
    if os.path.lexists(path):
        raise FileExistsError(errno.EEXIST, "the file exists, and was not changed; choose another name")


@contextmanager
def _from(name: str) -> Iterator[IO[bytes]]:
    if name != STANDARD:
        with open(name, "rb") as file:
            yield file
        return
    if sys.stdin is None or sys.stdin.isatty():
        raise OSError(errno.EINVAL, "a backup cannot be read from a terminal; name a file, or redirect with | or <")
    yield sys.stdin.buffer


@contextmanager
def _progress() -> Iterator[OnProgress]:
    """On a terminal, one line that is updated; elsewhere nothing."""
    if sys.stderr is None or not sys.stderr.isatty():
        yield lambda _: None
        return
    shown_at = 0.0

    def show(words: str) -> None:
        nonlocal shown_at
        if time.monotonic() - shown_at > SHOW_S:
            shown_at = time.monotonic()
            print(f"\r\033[K{words}", end="", file=sys.stderr, flush=True)

    try:
        yield show
    finally:
        print("\r\033[K", end="", file=sys.stderr, flush=True)


def _words(name: str, error: Exception) -> str:
    if not isinstance(error, OSError):
        return str(error)
    what = {STANDARD: "standard input or output"}.get(name, name)
    return f"{what}: {error.strerror or error}"
