"""What several commands are told in the same words."""

from pathlib import Path
from typing import Annotated

import typer


def a_name(given: str) -> str:
    """An empty text is no path: it would be the folder in which one happens to be."""
    if not given:
        raise typer.BadParameter("it is empty; name a path, `.` for this folder")
    return given


def a_path(given: str) -> Path:
    return Path(a_name(given))


Data = Annotated[
    Path,
    typer.Option(
        "--data", parser=a_path, metavar="PATH", help="The folder of `up`, for what the environment does not say"
    ),
]
DATA = Path("data")
