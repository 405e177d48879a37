"""A smoke test for any running deployment.

    pip install -r tests/requirements.txt
    MD5_URL=http://files.example:9000 MD5_KEY=… python tests/test.py

MD5_URL defaults to http://127.0.0.1:9000. MD5_KEY is needed if the service requires keys. If the shared log is on this machine,
set MD5_LOG_PATH (for example /srv/md5/log/tasks.log) to check it, too. The test uploads a few small files, and does nothing else.
"""

import hashlib
import json
import os
import secrets
import sys
import time
import unittest
from pathlib import Path

import httpx2

URL = os.environ.get("MD5_URL", "http://127.0.0.1:9000")
KEY = os.environ.get("MD5_KEY")
LOG = os.environ.get("MD5_LOG_PATH")
END_S = 60  # for a task to finish; other tasks may be ahead of it
UNKNOWN = "00000000-0000-7000-8000-000000000000"

client = httpx2.Client(base_url=URL, headers={"Authorization": f"Bearer {KEY}"} if KEY else {}, timeout=30)


def hand_over(content: bytes, **params: str) -> str:
    """Upload a file and return the id of its task."""
    answer = client.post("/v1/tasks", files={"file": ("smoke.bin", content)}, data=params)
    assert answer.status_code == 202, f"{answer.status_code}: {answer.text}"
    assert answer.headers["Location"] == f"/v1/tasks/{answer.json()['id']}"
    return str(answer.json()["id"])


def ended(task_id: str) -> dict[str, object]:
    """Poll the task until it has finished, and return it."""
    deadline = time.monotonic() + END_S
    while True:
        task: dict[str, object] = client.get(f"/v1/tasks/{task_id}").raise_for_status().json()
        if task["status"] in ("done", "failed", "cancelled"):
            return task
        assert time.monotonic() < deadline, f"not finished after {END_S} s: {task}"
        time.sleep(0.2)


class Deployment(unittest.TestCase):
    def test_everything_that_it_needs_is_there(self) -> None:
        answer = client.get("/readyz")
        self.assertEqual((answer.status_code, answer.json()["status"]), (200, "ok"), answer.text)

    def test_a_file_gets_its_md5(self) -> None:
        for size in (0, 3, 100_000, 5_000_000):  # small files are stored in the database, others in the bucket
            content = secrets.token_bytes(size)
            task = ended(hand_over(content))
            self.assertEqual((task["status"], task["result"]), ("done", {"md5": hashlib.md5(content).hexdigest()}))

    def test_a_csv_becomes_contacts(self) -> None:
        address = f"smoke-{secrets.token_hex(8)}@example.org"
        task_id = hand_over(f"email,name\n{address},A\n{address},B\nnobody,C\n".encode(), kind="contacts")
        result = ended(task_id)["result"]
        assert isinstance(result, dict)
        self.assertEqual([result[name] for name in ("rows", "inserted", "duplicate", "invalid")], [3, 1, 1, 1])
        self.assertEqual(client.get("/v1/contacts", params={"email": address}).json()["items"][0]["name"], "A")
        self.assertEqual(client.delete(f"/v1/tasks/{task_id}/results").status_code, 204)

    def test_an_id_that_was_never_given_out_is_unknown(self) -> None:
        for never in (UNKNOWN, "nonsense"):
            self.assertEqual(client.get(f"/v1/tasks/{never}").status_code, 404)

    def test_page_and_documentation_are_there(self) -> None:
        for path in ("/", "/docs", "/openapi.json"):
            self.assertEqual(client.get(path).status_code, 200, path)

    @unittest.skipUnless(LOG, "MD5_LOG_PATH is not set")
    def test_exactly_one_line_about_it_stands_in_the_log(self) -> None:
        assert LOG is not None
        task_id = hand_over(b"abc")
        ended(task_id)
        lines = [json.loads(line) for line in Path(LOG).read_text(encoding="utf-8").splitlines() if task_id in line]
        self.assertEqual(
            [(line["outcome"], line["result"]["md5"]) for line in lines], [("done", hashlib.md5(b"abc").hexdigest())]
        )


def is_let_in() -> bool:
    """Whether the service can be used. If not, one line says why."""
    try:
        answer = client.get("/v1/tasks", params={"limit": 1})
    except httpx2.TransportError as error:
        print(f"no answer from {URL} (MD5_URL): {error}", file=sys.stderr)
        return False
    if answer.status_code == 401:
        print(f"{URL} requires an API key: MD5_KEY is {'not valid' if KEY else 'not set'}", file=sys.stderr)
    return answer.status_code != 401


if __name__ == "__main__":
    print(f"smoke test of {URL}", file=sys.stderr)
    if not is_let_in():
        raise SystemExit(1)
    unittest.main(verbosity=2)
