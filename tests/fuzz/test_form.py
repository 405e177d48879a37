"""The fuzzer of forms runs for a few seconds here, and for ten minutes in `make fuzz`; `form.py` says what it checks."""

import importlib.util
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tests.checkout import ROOT
from tests.fuzz.seed import SEED
from tests.servers.guardian import guard

IN_MEMORY = Path("/dev/shm")
SHORT = ("-seed=1", "-runs=1500")
LONG = ("-max_total_time=600", f"-seed={SEED}")
FIGURES = re.compile(r"#(\d+)\s+DONE\s+cov: (\d+) .*rss: (\S+)")


@pytest.mark.skipif(importlib.util.find_spec("atheris") is None, reason="atheris has no wheel for this machine")
def test_a_form_is_what_was_sent_however_it_is_cut(is_long: bool, figure: Callable[[str], None]) -> None:
    ran = fuzz(LONG if is_long else SHORT)
    assert ran.returncode == 0, ran.stderr[-5000:]
    done = FIGURES.search(ran.stderr)
    assert done is not None, ran.stderr[-5000:]
    runs, edges, resident = done.groups()
    figure(f"{runs} forms, each cut in two or three ways; {edges} edges; at most {resident} resident; 0 failures")
    assert int(runs) >= (20_000 if is_long else 1500)


def fuzz(options: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Run the fuzzer. Its stderr is libFuzzer's report, with the input that failed."""
    with tempfile.TemporaryDirectory(prefix="fuzz-form-", dir=IN_MEMORY if IN_MEMORY.is_dir() else None) as folder:
        guard(Path(folder))
        command = [sys.executable, "-m", "tests.fuzz.form", folder, "-print_final_stats=1", *options]
        # libFuzzer limits the largest size that the kernel has noted for its process, which begins with that of the process that
        # started it: a test runner that once needed much. The shell is small.
        command = ["sh", "-c", '"$@"; exit', "sh", *command]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, errors="replace")
