"""House rules that a machine can check and a linter does not."""

import re
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect

from md5_service.api.export_openapi import document
from md5_service.worker.app import kinds
from md5_task_data import migrations
from md5_task_data.database.engine import Database
from md5_task_data.registry import KINDS
from md5_task_data.schema import metadata
from tests.checkout import PACKAGES, ROOT, committed
from tests.scheduling import TOGETHER

PYTHON = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]


def test_only_shared_log_opens_the_log() -> None:
    """Closing any descriptor of the log file would drop the process's lock on it. `log tail` is a process that never holds it."""
    using = {path.name for path in PYTHON if re.search(r"log_path|tasks\.log|lockf", path.read_text())}
    naming_its_path_only = {
        "settings.py",
        "folder.py",
        "readiness.py",
        "export_openapi.py",
        "export_settings.py",
        "main.py",
        "app.py",
        "doctor.py",
    }
    naming_its_path_only |= {"archive.py", "backup.py"}
    assert using == {"shared_log.py", "log.py"} | naming_its_path_only
    for path in PYTHON:
        if path.name in naming_its_path_only:
            for line in path.read_text().splitlines():
                assert not re.search(
                    r"(log_path|tasks\.log).*\.(open|read_|write_|touch)|open\(.*(log_path|tasks\.log)", line
                )


def test_the_schema_and_the_migrations_make_the_same_database(database: Database) -> None:
    with database.reading() as db:
        context = MigrationContext.configure(db, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
    assert migrations.is_current(database)


def test_the_newest_migration_is_the_one_that_is_asked_for() -> None:
    config = Config()
    config.set_main_option("script_location", str(ROOT / "md5_task_data" / "migrations"))
    assert ScriptDirectory.from_config(config).get_current_head() == migrations.HEAD


def test_migrations_go_down_and_up_again(database: Database) -> None:
    migrations.downgrade(database, "base")
    with database.reading() as db:
        assert set(inspect(db).get_table_names()) <= {"alembic_version"}
    migrations.upgrade(database)
    assert migrations.is_current(database)


def test_every_kind_has_its_work() -> None:
    assert set(kinds()) == set(KINDS) >= {"md5", "contacts"}


ASKS_FOR_A_KIND = re.compile(r"""kind["'\])]*\s*(==|!=|\bin\b|\bnot in\b|\bis\b)\s*[("'\[{]""")


def test_nothing_but_a_kind_itself_asks_which_kind_it_is() -> None:
    """Differences between kinds are in their records. The page has its own test: frontend/src/test/kinds.test.tsx."""
    others = [path for path in PYTHON if not {"kinds", "migrations", "registry.py"} & set(path.parts)]
    assert len(others) > 120
    assert [str(path) for path in others if ASKS_FOR_A_KIND.search(path.read_text())] == []
    asking = ('task["kind"] == "md5"', "row.kind in ('md5',)", "if kind != 'md5'", 'kind not in ("md5",)')
    assert all(map(ASKS_FOR_A_KIND.search, asking))


def test_the_openapi_document_is_current() -> None:
    assert (ROOT / "frontend" / "openapi.json").read_text() == document(), "run: make types"


LIMIT_LINES = 300  # of a module, including tests and the page


def test_no_module_is_larger_than_its_one_concern() -> None:
    python = [*PYTHON, *(path for folder in ("tests", "bench") for path in (ROOT / folder).rglob("*.py"))]
    sources = [path for path in (ROOT / "frontend" / "src").rglob("*") if path.suffix in (".ts", ".tsx", ".css")]
    page = [path for path in sources if ".gen" not in path.suffixes]
    assert len(python) > 400
    assert len(page) > 100
    lengths = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in [*python, *page]}
    assert {name: length for name, length in lengths.items() if length > LIMIT_LINES} == {}


def test_nothing_committed_names_a_registry_or_this_machine() -> None:
    registries = r"pypi\.org|registry\.npmjs|files\.pythonhosted|--(extra-)?index-url|\"resolved\": \"http"
    forbidden = re.compile(rf"{registries}|/root/|/home/\w|{re.escape(str(ROOT))}")
    files = [path for path in committed() if path.is_file() and path.suffix not in (".png",)]
    assert len(files) > 60
    found = [
        str(path) for path in files if path != Path(__file__) and forbidden.search(path.read_text(errors="replace"))
    ]
    assert found == []


@pytest.mark.parametrize("lock", ["", "dev.", "node.", "worker."])
def test_every_package_of_a_lock_has_its_hashes(lock: str) -> None:
    packages = re.findall(r"^\S+==\S+.*?(?=^\S|\Z)", (ROOT / f"requirements.{lock}lock.txt").read_text(), re.M | re.S)
    assert packages
    assert [package for package in packages if "--hash=sha256:" not in package] == []


def test_files_whose_tests_go_together_are_there() -> None:
    assert [file for file in TOGETHER if not (ROOT / file).is_file()] == []
