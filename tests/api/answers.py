"""Checks of answers."""

import re

import httpx2

from tests.checkout import ROOT

ERRORS = ROOT / "docs" / "errors.md"


def assert_problem(answer: httpx2.Response, status: int, code: str, words: str = "") -> None:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert sorted(problem) == ["code", "detail", "status", "title", "type"]
    assert (problem["status"], problem["code"]) == (status, code)
    assert words in problem["detail"]
    page, _, anchor = problem["type"].partition("#")
    assert (page, anchor in anchors()) == ("/help/errors/", True), problem["type"]


def anchors() -> set[str]:
    """The anchors of docs/errors.md."""
    return set(re.findall(r"^## (\w+)$", ERRORS.read_text(), re.M))
