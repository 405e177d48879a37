"""What must be true of a service at rest, whatever was done to it: computed anew, from the client's own journal."""

import sqlite3
from collections import Counter
from typing import NamedTuple

from md5_task_data.shared_log import verify
from tests.service import Service


class Counts(NamedTuple):
    """Broken promises of each sort; all must be 0."""

    lost: int  # promised, and not terminal
    wrong: int  # terminal, with another result than ours
    doubled: int  # more than one line in the log
    unlogged: int  # terminal without a line, or a line without a terminal task
    torn: int  # a chain that breaks, or a file that is not what the table says


def counts(service: Service, journal: dict[str, str]) -> Counts:
    """Compare the service with a journal: id → the MD5 that the client computed before it handed the file over."""
    with sqlite3.connect(service.folder / "md5.sqlite3") as db:
        rows = {row[0]: row[1:] for row in db.execute("SELECT id, status, md5 FROM tasks")}
        table = "".join(f"{line}\n" for (line,) in db.execute("SELECT line FROM log_lines ORDER BY seq")).encode()
    db.close()
    promised = {task_id.replace("-", ""): digest for task_id, digest in journal.items()}
    ended = {task_id for task_id, (status, _) in rows.items() if status in ("done", "failed", "cancelled")}
    logged = Counter(line["id"].replace("-", "") for line in service.log_lines())
    return Counts(
        lost=len(promised.keys() - ended),
        wrong=sum(1 for task_id, digest in promised.items() if task_id in ended and rows[task_id] != ("done", digest)),
        doubled=sum(1 for times in logged.values() if times > 1),
        unlogged=len(ended ^ logged.keys()),
        torn=int(verify(service.log_path).wrong is not None) + int(service.log_path.read_bytes() != table),
    )
