"""The command's help: the overview, the first steps, each command's help, and shell completion."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import pytest
from typer.main import get_command

from md5_service.cli import main
from md5_service.cli.options import kinds
from md5_service.cli.overview import FILES, KEYS_AND_LOG, SERVICE
from md5_task_data.registry import UPLOADED
from tests import forked
from tests.client import IN_TIME_S
from tests.service import COMMAND

LINES, COLUMNS = 24, 80  # lines of a screen
HEAVY = {"rich", "httpx2", "sqlalchemy", "celery", "md5_task_data"}  # Typer itself imports pydantic


def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[bytes]:
    return forked.run([COMMAND, *arguments], os.environ | {"COLUMNS": str(COLUMNS)} | variables, Path.cwd())


def commands(command: object = None, words: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], object]]:
    """Each command and each group of commands, with its words."""
    command = get_command(main.app) if command is None else command
    yield words, command
    for word, inner in getattr(command, "commands", {}).items():
        yield from commands(inner, (*words, word))


def test_the_version_is_that_of_the_package() -> None:
    assert run("--version").stdout.decode() == f"md5-service {version('md5-service')}\n"


def test_the_overview_fits_a_screen_and_has_each_command_in_its_group() -> None:
    shown = run("--help")
    assert (shown.returncode, shown.stderr) == (0, b"")
    lines = shown.stdout.decode().splitlines()
    assert len(lines) < LINES  # and the prompt
    assert max(map(len, lines)) <= COLUMNS
    listed = {
        group: re.findall(r"^  (\w+)  ", words, re.M)
        for group, words in re.findall(r"^([A-Z].*):\n((?:  .+\n)+)", shown.stdout.decode(), re.M)
    }
    assert listed == {
        FILES: ["put", "check", "get", "ls", "cancel"],
        SERVICE: ["up", "migrate", "doctor", "backup", "restore"],
        KEYS_AND_LOG: ["key", "log"],
    }
    of_all = {words[0] for words, _ in commands() if len(words) == 1}
    assert {word for words in listed.values() for word in words} == of_all
    assert run("-h").stdout == shown.stdout


def test_no_command_shows_what_to_do_first_and_is_wrong_usage() -> None:
    shown = run()
    assert (shown.returncode, shown.stdout) == (2, b"")
    lines = shown.stderr.decode().splitlines()
    assert len(lines) <= 12
    assert max(map(len, lines)) <= COLUMNS
    named = re.findall(r"^  md5-service ([a-z]+)", shown.stderr.decode(), re.M)
    assert named == ["up", "put", "check", "ls"]


@pytest.mark.parametrize("words", [words for words, _ in commands() if words], ids=" ".join)
def test_the_help_of_a_command_begins_with_a_short_line(words: tuple[str, ...]) -> None:
    command = dict(commands())[words]
    first, *rest = getattr(command, "help", "").split("\n\n")
    assert re.fullmatch(r"[A-Z][^\n]*\.", first)
    assert len(first) <= 75
    assert all(
        len(line.strip()) <= COLUMNS - 2 for line in "\n".join(rest).splitlines()
    )  # otherwise it would wrap twice
    shown = run(*words, "--help")
    assert shown.returncode == 0
    assert first in shown.stdout.decode()


def test_help_of_put_names_the_kinds_and_where_their_parameters_are_described() -> None:
    assert kinds() == sorted(UPLOADED)
    shown = " ".join(run("put", "--help", COLUMNS="200").stdout.decode().split())
    assert ", ".join(kinds()) in shown
    assert "/docs, under POST /v1/tasks" in shown


BASH = r"""
eval "$(md5-service --show-completion)"
shopt -s progcomp
complete -p md5-service >&2
while IFS= read -r line; do
    read -ra COMP_WORDS <<<"$line"
    [ "${line% }" = "$line" ] || COMP_WORDS+=("")
    COMP_CWORD=$((${#COMP_WORDS[@]} - 1)) COMPREPLY=()
    _md5_service_completion md5-service
    echo "${COMPREPLY[*]}"
done
"""
COMPLETED = {
    "md5-service b": "backup",
    "md5-service key ": "create list revoke",
    "md5-service put --kind ": " ".join(sorted(UPLOADED)),
    "md5-service put --kind con": "contacts",
    "md5-service ls --status f": "failed",
    "md5-service put --no": "--no-wait",
    # If there are no completions, bash completes file names.
    "md5-service put re": "",
    "md5-service check ": "",
}


@pytest.mark.skipif(not shutil.which("bash"), reason="there is no bash here")
def test_bash_completes_commands_options_kinds_statuses_and_leaves_files_to_itself() -> None:
    environment = os.environ | {"PATH": f"{Path(COMMAND).parent}:{os.environ['PATH']}"}
    lines = "".join(f"{line}\n" for line in COMPLETED)
    # Run from a file, because shellingham looks for the shell among the parents of the command.
    done = subprocess.run(
        ["bash", "-c", BASH], input=lines, env=environment, capture_output=True, text=True, timeout=IN_TIME_S
    )
    assert dict(zip(COMPLETED, done.stdout.split("\n"), strict=False)) == COMPLETED, done.stderr
    assert "-o default" in done.stderr


@pytest.mark.skipif(not shutil.which("bash"), reason="there is no bash here")
def test_completion_is_installed_for_the_shell_that_asks(tmp_path: Path) -> None:
    environment = os.environ | {"HOME": str(tmp_path)}
    shell = f"'{COMMAND}' --install-completion; exit"
    done = subprocess.run(["bash", "-c", shell], env=environment, capture_output=True, text=True, timeout=IN_TIME_S)
    assert (done.returncode, done.stderr) == (0, "")
    sourced = (tmp_path / ".bashrc").read_text()
    assert "complete -o default -F" in (tmp_path / ".bash_completions" / "md5-service.sh").read_text()
    assert str(tmp_path / ".bash_completions" / "md5-service.sh") in sourced


@pytest.mark.parametrize(
    ("shell", "registers", "files"),
    [("zsh", "compdef _md5_service_completion md5-service", "_files"), ("fish", "complete --command md5-service", "")],
)
def test_other_shells_get_a_script_and_the_same_words(shell: str, registers: str, files: str) -> None:
    script = run(_MD5_SERVICE_COMPLETE=f"source_{shell}")
    assert (script.returncode, registers in script.stdout.decode()) == (0, True)

    def completed(line: str) -> str:
        asked = {"_TYPER_COMPLETE_ARGS": line, "_TYPER_COMPLETE_FISH_ACTION": "get-args"}
        return run(_MD5_SERVICE_COMPLETE=f"complete_{shell}", **asked).stdout.decode()

    assert re.findall(r"\w+", completed("md5-service put --kind con").replace("_arguments", "")) == ["contacts"]
    assert "Upload files" in completed("md5-service pu")
    assert completed("md5-service put re").strip() == files


@pytest.mark.parametrize("words", ["md5-service put --kind ", "md5-service put re", "md5-service b"])
def test_completion_imports_nothing_heavy(words: str) -> None:
    code = (
        "import sys\nfrom md5_service.cli.main import main\nsys.argv[0] = 'md5-service'\n"
        "try: main()\nfinally: print(*sys.modules, file=sys.stderr)"
    )
    asked = {"_MD5_SERVICE_COMPLETE": "complete_bash", "COMP_WORDS": words.replace(" ", "\n")}
    environment = os.environ | asked | {"COMP_CWORD": str(words.count(" "))}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert HEAVY.isdisjoint(done.stderr.split())
