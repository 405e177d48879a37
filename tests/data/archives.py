"""Backups with altered contents."""

import io
import json
import tarfile
from collections.abc import Callable

from md5_task_data import migrations
from md5_task_data.upkeep.archive import Writer


def content_of(tar: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    file = tar.extractfile(member)
    assert file is not None
    return file.read()


def rewritten(
    archive: bytes, change: Callable[[str, bytes], bytes | None], schema_version: str = migrations.HEAD
) -> bytes:
    """A whole backup with these members replaced; None: without this one."""
    file = io.BytesIO()
    writer = Writer(file, schema_version, 0)
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        for info in tar.getmembers()[1:-1]:
            if (content := change(info.name, content_of(tar, info))) is not None:
                writer.add(info.name, io.BytesIO(content), len(content))
        writer.end(json.loads(content_of(tar, tar.getmember("backup.json"))))
    return file.getvalue()
