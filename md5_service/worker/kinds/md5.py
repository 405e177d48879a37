"""The MD5 of a file (RFC 1321), as `md5sum` computes it; for checksums, not against forgery."""

import hashlib

from md5_service.worker.job import Job


def work(job: Job) -> dict[str, object]:
    """Returns `md5`, 32 lower-case hexadecimal digits; where a digest was expected, also `expected` and `match`."""
    digest = hashlib.md5(usedforsecurity=False)
    for block in job.blocks():
        digest.update(block)
    result: dict[str, object] = {"md5": digest.hexdigest()}
    if expected := job.params.get("expected_md5"):
        result |= {"expected": expected, "match": expected == digest.hexdigest()}
    return result
