"""What can be asked for, a module for each thing. One that has the name of a kind browses its rows, and is found by it."""

import importlib.util

from md5_task_data.registry import KINDS


def kinds_with_rows() -> list[str]:
    """The kinds whose rows can be browsed: a module here has their name. The page has a list of them at `/<kind>`."""
    return [kind for kind in KINDS if importlib.util.find_spec(f"{__name__}.{kind}") is not None]
