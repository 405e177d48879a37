"""The contract with clients, row by row: every call, answer, command, exit code and rule has a test that shows it.

A test declares its rows: `@pytest.mark.shows("POST /v1/tasks", "answer 413")`. The rows come from the code, except the rules.
"""

import ast
import json
import re
from collections.abc import Iterator
from typing import NamedTuple

from typer.main import get_command

from md5_service.api.http.codes import CODES, STATUS
from md5_service.cli import main
from tests.checkout import ROOT

RULES = {
    "an error is a problem document with a stable code; a failed task's too",
    "a cursor neither skips nor repeats",
    "an expected digest gets a verdict",
    "Idempotency-Key",
    "owners",
    "a file name is data",
    "bytes are kept so long",
    "a wrong setting stops the start with one line",
    "an address that others reach must be asked for",
}
NOT_IN_EVERY_RUN = ("pytest.mark.long", "pytest.mark.containers")


class Mark(NamedTuple):
    """The statement that a test shows a row."""

    row: str
    test: str
    in_every_run: bool


def test_each_row_has_a_test_and_each_mark_a_row() -> None:
    rows = {*calls(), *answers(), *commands(get_command(main.app), "md5-service"), *exit_codes(), *RULES}
    found = wrong(rows, marks())
    assert not found, "\n".join(found)


def test_what_is_wrong_is_named() -> None:
    source = """
@pytest.mark.shows("a", "made up")
@pytest.mark.parametrize("size", [1])
def test_now(size): ...

@pytest.mark.long
@pytest.mark.shows("a", "b")
def test_later(): ...
"""
    assert wrong({"a", "b", "c"}, [*marks_in("f.py", source)]) == [
        "f.py::test_now shows 'made up', which is no row of the contract",
        "'b' is shown by nothing that ./test runs, only by f.py::test_later",
        "'c' is shown by no test",
    ]
    of_the_file = "pytestmark = [pytest.mark.containers, pytest.mark.shows('c')]\n"
    assert [*marks_in("f.py", of_the_file + "def test_images(): ...")] == [Mark("c", "f.py::test_images", False)]


def wrong(rows: set[str], marks: list[Mark]) -> list[str]:
    """What has to be fixed, in words."""
    unknown = [
        f"{mark.test} shows {mark.row!r}, which is no row of the contract" for mark in marks if mark.row not in rows
    ]
    unshown = []
    for row in sorted(rows - {mark.row for mark in marks if mark.in_every_run}):
        others = ", ".join(mark.test for mark in marks if mark.row == row)
        only = f"nothing that ./test runs, only by {others}" if others else "no test"
        unshown.append(f"{row!r} is shown by {only}")
    return unknown + unshown


def marks() -> list[Mark]:
    """The marks of all tests, also of those that do not run: the files are read, not imported."""
    files = sorted((ROOT / "tests").rglob("test_*.py"))
    return [mark for file in files for mark in marks_in(str(file.relative_to(ROOT)), file.read_text())]


def marks_in(file: str, source: str) -> Iterator[Mark]:
    body = ast.parse(source).body
    of_all: list[ast.expr] = []
    for node in body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "pytestmark":
            of_all = getattr(node.value, "elts", [node.value])
    for test in body:
        if isinstance(test, ast.FunctionDef) and test.name.startswith("test_"):
            of_test = of_all + test.decorator_list
            in_every_run = not any(ast.unparse(mark).startswith(NOT_IN_EVERY_RUN) for mark in of_test)
            for mark in of_test:
                if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "pytest.mark.shows":
                    for row in mark.args:
                        yield Mark(ast.literal_eval(row), f"{file}::{test.name}", in_every_run)


def calls() -> set[str]:
    paths = json.loads((ROOT / "frontend" / "openapi.json").read_text())["paths"]
    return {f"{method.upper()} {path}" for path, methods in paths.items() for method in methods}


def answers() -> set[str]:
    return {f"answer {status}" for status in {status for status, _ in STATUS.values()} | set(CODES)}


def commands(group: object, name: str) -> set[str]:
    inner = getattr(group, "commands", {})
    return {each for word, command in inner.items() for each in commands(command, f"{name} {word}")} or {name}


def exit_codes() -> set[str]:
    """The exit codes that the command's docstring lists."""
    return {f"exit code {code}" for code in re.findall(r"\d+", (main.__doc__ or "").partition("Exit codes: ")[2])}
