"""What an answer must be."""

import httpx2


def assert_problem(answer: httpx2.Response, status: int, code: str, words: str = "") -> None:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert sorted(problem) == ["code", "detail", "status", "title", "type"]
    assert (problem["status"], problem["code"]) == (status, code)
    assert words in problem["detail"]
