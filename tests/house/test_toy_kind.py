"""A new kind is one file and one line: this adds one to a copy of the house, and runs it from upload to log line."""

import os
import shutil
import sys
from pathlib import Path

from tests.checkout import PACKAGES, ROOT
from tests.service import Service

WORK = '''"""A toy: how often each of the two cases occurs."""

from md5_service.worker.job import Job


def work(job: Job) -> dict[str, object]:
    text = b"".join(bytes(block) for block in job.blocks()).decode()
    return {"upper": sum(map(str.isupper, text)), "lower": sum(map(str.islower, text))}
'''
LINE = '    "toy": NoParameters,\n'


def test_a_kind_is_added_with_one_file_and_one_line(tmp_path: Path) -> None:
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__", "page"))
    (tmp_path / "md5_service" / "worker" / "kinds" / "toy.py").write_text(WORK)
    registry = tmp_path / "md5_task_data" / "registry.py"
    before, after = registry.read_text().split('    "md5": Md5Parameters,\n')
    registry.write_text(f'{before}    "md5": Md5Parameters,\n{LINE}{after}')
    run = "import sys; from md5_service.cli.main import main; main()"
    service = Service(tmp_path / "service", {"PYTHONPATH": str(tmp_path)}, (sys.executable, "-P", "-c", run, "up"))
    try:
        service.start()
        task_id = service.hand_over(b"ABCde", kind="toy")
        assert service.ended(task_id)["result"] == {"upper": 3, "lower": 2}
        assert service.log_lines()[0]["result"] == {"upper": 3, "lower": 2}
        assert service.ended(service.hand_over(b"abc"))["result"] == {"md5": "900150983cd24fb0d6963f7d28e17f72"}
    finally:
        service.end()
    assert os.listdir(ROOT / "md5_service" / "worker" / "kinds").count("toy.py") == 0
