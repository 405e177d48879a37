"""Options that several commands share, and what the shell completes for them."""

from pathlib import Path
from typing import Annotated, get_args

import typer

import md5_service


def a_name(given: str) -> str:
    """Rejects an empty text, which as a path would mean the current folder."""
    if not given:
        raise typer.BadParameter("it is empty; name a path, or `.` for this folder")
    return given


def a_path(given: str) -> Path:
    return Path(a_name(given))


def kinds() -> list[str]:
    """The kinds a file can be uploaded for, read from the file names in `worker/kinds`: importing the registry would make help
    and completion three times slower."""
    folder = Path(md5_service.__file__).parent / "worker" / "kinds"
    return sorted(path.stem for path in folder.iterdir() if not path.name.startswith("_"))


def statuses() -> list[str]:
    """The statuses a task can have."""
    from md5_service.client.wire import Status

    return list(get_args(Status))


def verdicts() -> list[str]:
    """What a list of tasks can be filtered by."""
    from md5_service.client.wire import Verdict

    return list(get_args(Verdict))


Data = Annotated[
    Path,
    typer.Option(
        "--data", parser=a_path, metavar="PATH", help="The folder of `up`; MD5_* environment variables take precedence"
    ),
]
DATA = Path("data")
