"""The MD5 of a file (RFC 1321), as `md5sum` computes it; for checksums, not against forgery."""

import hashlib

from md5_service.worker.job import Job
from md5_task_data.kinds.md5 import Md5Result


def work(job: Job) -> Md5Result:
    """The MD5 of the file, compared with the parameter `expected_md5` if it is given."""
    digest = hashlib.md5(usedforsecurity=False)
    for block in job.blocks():
        digest.update(block)
    md5 = digest.hexdigest()
    if expected := job.params.get("expected_md5"):
        return Md5Result(md5=md5, expected=expected, match=expected == md5)
    return Md5Result(md5=md5)
