"""From a fresh clone to the first MD5: `./run` and one upload, once with nothing installed and once with everything."""

import hashlib
import http.client
import os
import signal
import subprocess
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]


def until_first_md5(clone: Path, port: int, environment: dict[str, str]) -> float:
    """Seconds from `./run` to the digest of a small file; stops the service."""
    began = time.perf_counter()
    run = subprocess.Popen(
        [clone / "run", "--port", str(port)], cwd=clone, env=environment, stdout=subprocess.PIPE, text=True
    )
    assert run.stdout is not None
    assert "ready at" in run.stdout.readline()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("POST", "/v1/tasks", b"abc", {"Prefer": "wait=20"})
    answer = connection.getresponse().read()
    seconds = time.perf_counter() - began
    assert hashlib.md5(b"abc").hexdigest().encode() in answer
    run.send_signal(signal.SIGINT)
    run.wait(30)
    return seconds


def measure(folder: Path) -> list[tuple[str, str]]:
    clone = folder / "clone"
    subprocess.run(["git", "clone", "-q", ROOT, clone], check=True)
    nothing = {name: value for name, value in os.environ.items() if not name.startswith("MD5_")}
    nothing |= {"PIP_NO_CACHE_DIR": "1", "npm_config_cache": str(folder / "npm")}
    cold = until_first_md5(clone, 9871, nothing)
    warm = until_first_md5(clone, 9871, nothing)
    return [
        ("./run in a fresh clone → first MD5, nothing installed", f"{cold:.0f} s"),
        ("./run again → first MD5", f"{warm:.1f} s"),
    ]
