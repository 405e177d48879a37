"""`md5-service ls`: tasks, newest first; a table for people, lines of tab-separated fields for scripts."""

import sys
from collections.abc import Iterable

from md5_service.cli.report import printable, write, write_json
from md5_service.client import Task

FIELDS = ("ID", "STATUS", "SIZE", "MD5", "NAME")


def show(tasks: Iterable[Task], *, as_json: bool) -> None:
    """As they come, so that `head` need not wait for the last."""
    if as_json:
        for task in tasks:
            write_json(task)
    elif sys.stdout.isatty():
        _table(tasks)
    else:
        for task in tasks:
            write("\t".join(_fields(task)).encode() + b"\n")


def _fields(task: Task) -> tuple[str, ...]:
    """What has no value is empty; tabs and newlines in a name are escaped."""
    md5 = (task["result"] or {}).get("md5", "")
    return task["id"], task["outcome"] or task["status"], str(task["size"]), md5, printable(task["filename"])


def _table(tasks: Iterable[Task]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(*FIELDS, box=None, header_style="bold")
    table.columns[2].justify = "right"
    for column in table.columns[:4]:
        column.no_wrap = True
    for task in tasks:
        table.add_row(*map(Text, _fields(task)))  # as text: a name is not markup
    Console().print(table)
