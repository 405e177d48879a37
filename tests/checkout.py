"""The files of this checkout."""

import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGES = ("md5_service", "md5_task_data")


def copied(folder: Path, *more: str) -> Path:
    """Copy the packages and these other folders, without build output, so that a test can change and run the copy."""
    for name in (*PACKAGES, *more):
        ignored = shutil.ignore_patterns("__pycache__", "help", "page", "node_modules")
        shutil.copytree(ROOT / name, folder / name, ignore=ignored)
    return folder


def committed() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)
    return [ROOT / name for name in listed.stdout.decode().split("\0") if name]
