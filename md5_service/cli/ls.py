"""`md5-service ls`: tasks, newest first; a table on a terminal, tab-separated lines for scripts."""

import re
from collections.abc import Iterable

from md5_service.cli.report import is_read_by_a_person, printable, write_json, write_text
from md5_service.client import Task

# The options whose parameters have other names in the API.
OPTIONS = {"created_after": "after", "created_before": "before", "filename__contains": "name"}
WIDE = 120  # columns of a terminal that is wide enough for MD5s, too


def show(tasks: Iterable[Task], *, as_json: bool) -> None:
    """Print tasks as they arrive, so that `head` need not wait for the last."""
    if as_json:
        for task in tasks:
            write_json(task)
    elif is_read_by_a_person():
        _table(tasks)
    else:
        for task in tasks:
            write_text("\t".join(_fields(task)))


def by_options(detail: str) -> str:
    """What the API says about a parameter, as it concerns the option."""
    return re.sub(r"^The parameter (\w+)", lambda named: f"--{OPTIONS.get(named[1], named[1])}", detail).rstrip(".")


def _fields(task: Task) -> tuple[str, ...]:
    """A missing value is an empty field; tabs and newlines in a name are escaped."""
    md5 = (task["result"] or {}).get("md5", "")
    return task["id"], task["outcome"] or task["status"], str(task["size"]), md5, printable(task["filename"])


def _table(tasks: Iterable[Task]) -> None:
    from rich.console import Console
    from rich.filesize import decimal
    from rich.table import Table
    from rich.text import Text

    console = Console()
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("ID", min_width=36)  # never truncated: people copy it
    table.add_column("STATUS", no_wrap=True)
    table.add_column("SIZE", no_wrap=True, justify="right")
    table.add_column("NAME", overflow="fold")
    if console.width >= WIDE:
        table.add_column("MD5", min_width=32)
    for task in tasks:
        task_id, status, _, md5, name = _fields(task)
        shown = [task_id, status, decimal(task["size"]), name, md5][: len(table.columns)]
        table.add_row(*map(Text, shown))  # a name is not markup
    console.print(table)
