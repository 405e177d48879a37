"""What is checked out here."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGES = ("md5_service", "md5_task_data")


def committed() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)
    return [ROOT / name for name in listed.stdout.decode().split("\0") if name]
