"""The processes' own logs: one JSON object per line."""

import json
import subprocess
import sys

SAYS = """
import logging
from md5_service import logs

logs.configure("warning")
log = logging.getLogger("it")
log.info("too quiet")
with logs.about_task("0191"):
    log.warning("one\\nline, %s", "two words")
    try:
        1 / 0
    except ZeroDivisionError:
        log.exception("a fault")
log.error("about nothing")
"""


def test_each_line_is_an_object_that_names_its_task() -> None:
    done = subprocess.run([sys.executable, "-c", SAYS], capture_output=True, text=True, check=True)
    first, second, third = (json.loads(line) for line in done.stderr.splitlines())
    assert (first["level"], first["name"], first["message"]) == ("WARNING", "it", "one\nline, two words")
    assert (first["task_id"], first["process"], first["at"][-6:]) == ("0191", "MainProcess", "+00:00")
    assert second["traceback"].endswith("ZeroDivisionError: division by zero")
    assert "task_id" not in third
    assert "request_id" not in first
