"""The documentation pages that are generated from the code."""

import re

import pytest

from md5_service import export_errors, export_settings
from md5_service.api.http.codes import CODES, OTHERS
from md5_service.settings import Settings
from md5_task_data.errors import TaskDataError
from tests.api.answers import anchors
from tests.checkout import PACKAGES, ROOT

PYTHON = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]
GIVES_A_CODE = re.compile(
    r"""\bcode(?:: ClassVar\[str\])? = "(\w+)"|\b(?:problem|_fail)\((?:claim, )?\s*"(\w+)"|"code": "(\w+)\""""
)


def test_the_page_of_errors_is_current() -> None:
    assert (ROOT / "docs" / "errors.md").read_text() == export_errors.document(), "run: make docs-pages"


def test_the_page_of_settings_is_current() -> None:
    assert (ROOT / "docs" / "settings.md").read_text() == export_settings.document(), "run: make docs-pages"


def test_the_page_lists_every_setting_with_its_default() -> None:
    rows = re.findall(r"^\| `MD5_(\w+)` \| (.*?) \| (.+) \|$", (ROOT / "docs" / "settings.md").read_text(), re.M)
    assert sorted(name.lower() for name, _, _ in rows) == sorted(Settings.model_fields)
    for name, default, description in rows:
        field = Settings.model_fields[name.lower()]
        assert description.endswith(".")
        if field.is_required() or field.default is None:
            assert default == ("required" if field.is_required() else "not set")
        else:
            assert default.split()[0] == f"`{field.default}`"


def test_every_code_that_the_source_gives_has_its_section() -> None:
    found = {code for path in PYTHON for codes in GIVES_A_CODE.findall(path.read_text()) for code in codes if code}
    assert {"not_found", "unreadable_csv", "head_stalled", "unexpected", "worker_lost"} <= found
    assert found | set(CODES.values()) | set(OTHERS) == anchors() | {TaskDataError.code}


def test_every_code_that_the_proxy_gives_has_its_section() -> None:
    proxy = (ROOT / "deployment" / "nginx" / "proxy.conf").read_text()
    codes = re.findall(
        r"^ +(?:\d+|default) (\w+);", proxy.partition("map $status $problem {")[2].partition("}")[0], re.M
    )
    assert "unavailable" in codes
    assert set(codes) <= anchors()


@pytest.mark.parametrize(
    "status", sorted({int(found) for path in PYTHON for found in re.findall(r"HTTPException\((\d+)", path.read_text())})
)
def test_every_status_that_a_route_raises_has_its_code(status: int) -> None:
    assert status in CODES
