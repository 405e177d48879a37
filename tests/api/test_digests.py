"""`Content-MD5` and `Repr-Digest` have the same effect as `expected_md5`."""

import pytest

from tests.api.answers import assert_problem
from tests.api.conftest import Api

ABC = "900150983cd24fb0d6963f7d28e17f72"
BASE64 = "kAFQmDzST7DWlj99KOF/cg=="
OTHER = "1B2M2Y8AsgTpgAmY7PhCfg=="

TAKEN: dict[str, list[tuple[str, str]]] = {
    "content-md5": [("Content-MD5", BASE64)],
    "repr-digest": [("Repr-Digest", f"md5=:{BASE64}:")],
    "among others": [("Repr-Digest", f"sha-256=:AAAA:, md5=:{BASE64}:;p=1 ,unknown=::")],
    "on two lines": [("Repr-Digest", "sha-256=:AAAA:"), ("Repr-Digest", f"md5=:{BASE64}:")],
    "both": [("Content-MD5", BASE64), ("Repr-Digest", f"md5=:{BASE64}:")],
}


@pytest.mark.shows("an expected digest gets a verdict")
@pytest.mark.parametrize("how", TAKEN)
def test_the_md5_of_a_header_is_expected(api: Api, how: str) -> None:
    raw = api.client.post("/v1/tasks", content=b"abc", headers=TAKEN[how])
    form = api.client.post("/v1/tasks", files={"file": b"abc"}, data={"expected_md5": ABC.upper()}, headers=TAKEN[how])
    for answer in (raw, form):
        assert answer.status_code == 202, answer.text
        assert answer.json()["params"] == {"expected_md5": ABC}


def test_other_algorithms_are_ignored(api: Api) -> None:
    answer = api.client.post("/v1/tasks", content=b"abc", headers={"Repr-Digest": "sha-256=:AAAA:"})
    assert (answer.status_code, answer.json()["params"]) == (202, {})


BAD: dict[str, tuple[str, str]] = {
    "hexadecimal": ("Content-MD5", ABC),
    "no base64": ("Content-MD5", "kAFQmDzST7DWlj99KOF*cg=="),
    "too short": ("Content-MD5", "kAFQmDzST7DWlj99KOE="),
    "empty": ("Content-MD5", ""),
    "too short here": ("Repr-Digest", "md5=:kAFQ:"),
    "no byte sequence": ("Repr-Digest", f"md5={BASE64}"),
    "no dictionary": ("Repr-Digest", "hello"),
    "nothing after a comma": ("Repr-Digest", f"md5=:{BASE64}:,"),
    "another than the parameter": ("Content-MD5", OTHER),
    "another than the parameter here": ("Repr-Digest", f"md5=:{OTHER}:"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_digest_is_422_and_named(api: Api, case: str) -> None:
    name, value = BAD[case]
    query = {"expected_md5": ABC}
    raw = api.client.post("/v1/tasks", params=query, content=b"abc", headers={name: value})
    form = api.client.post("/v1/tasks", files={"file": b"abc"}, data=query, headers={name: value})
    for answer in (raw, form):
        assert_problem(answer, 422, "invalid_input", f"header {name} ")
    assert (api.stored(), api.count()) == ([], 0)


def test_two_headers_that_say_different_things_are_422(api: Api) -> None:
    headers = {"Content-MD5": BASE64, "Repr-Digest": f"md5=:{OTHER}:"}
    assert_problem(api.client.post("/v1/tasks", content=b"abc", headers=headers), 422, "invalid_input", "Repr-Digest")
