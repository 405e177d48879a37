"""`md5-service check`: upload the files that a manifest lists, and print for each what `md5sum -c` prints."""

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from md5_service import md5sum
from md5_service.cli.in_order import in_order
from md5_service.cli.report import complain, printable, why, write
from md5_service.client import Changed, Client, Refused, Unavailable

WAIT_S = 20  # how long an upload request waits for its result before the client polls for it

Verdict = Literal["OK", "FAILED", "FAILED open or read", "FAILED, not checked", "improper"]

# The wording of coreutils, singular and plural; the last is ours.
WARNINGS: dict[Verdict, tuple[str, str]] = {
    "improper": ("line is improperly formatted", "lines are improperly formatted"),
    "FAILED open or read": ("listed file could not be read", "listed files could not be read"),
    "FAILED": ("computed checksum did NOT match", "computed checksums did NOT match"),
    "FAILED, not checked": ("listed file was not checked", "listed files were not checked"),
}


@dataclass(frozen=True)
class Check:
    """One run of the command."""

    client: Client
    folder: Path  # the names in the manifest are relative to it
    batch: str | None

    def run(self, manifest: str) -> int:
        """Returns the exit code. Raises OSError if the manifest cannot be read, and Unreachable."""
        counts: Counter[Verdict] = Counter()
        with open(0 if manifest == "-" else manifest, "rb", closefd=manifest != "-") as lines:
            for name, verdict in in_order(self._check, _listed(lines, from_stdin=manifest == "-")):
                counts[verdict] += 1
                if verdict != "improper":
                    write(outcome_line(name, verdict))
        if counts.total() == counts["improper"]:
            complain(f"{_shown(os.fsencode(manifest))}: no properly formatted checksum lines found")
            return 1
        for what, words in WARNINGS.items():
            if counts[what]:
                complain(f"WARNING: {counts[what]} {words[counts[what] > 1]}")
        return 0 if counts["OK"] + counts["improper"] == counts.total() else 1

    def _check(self, listed: md5sum.Listed | None) -> tuple[bytes, Verdict]:
        return (b"", "improper") if listed is None else (listed.name, self._verdict(listed))

    def _verdict(self, listed: md5sum.Listed) -> Verdict:
        expected = {"expected_md5": listed.md5}
        try:
            name = os.fsdecode(listed.name)  # with its folders, so that the service's own manifest lists the same name
            source = open(0, "rb", closefd=False) if name == "-" else self.folder / name  # noqa: SIM115 (stays open)
            task = self.client.put(source, filename=name, batch=self.batch, params=expected, wait_s=WAIT_S)
            if task["outcome"] is None:
                task = self.client.wait(task["id"])
        except OSError as error:
            complain(f"{_shown(listed.name)}: {error.strerror}")
            return "FAILED open or read"
        except Changed as error:
            complain(f"{_shown(listed.name)}: {error}")
            return "FAILED open or read"
        except Refused as error:
            if isinstance(error, Unavailable):
                raise
            complain(f"{_shown(listed.name)}: {error}")
            return "FAILED, not checked"
        if task["outcome"] != "done" or task["result"] is None:
            complain(f"{_shown(listed.name)}: {task['outcome']} {why(task)}".rstrip())
            return "FAILED, not checked"
        return "OK" if task["result"]["match"] else "FAILED"


def _listed(lines: Iterator[bytes], *, from_stdin: bool) -> Iterator[md5sum.Listed | None]:
    """A manifest that is read from standard input cannot list standard input."""
    for listed in md5sum.read(lines):
        yield None if from_stdin and listed is not None and listed.name == b"-" else listed


def outcome_line(name: bytes, verdict: Verdict) -> bytes:
    """Here md5sum escapes only names that would break the line."""
    shown = b"\\" + md5sum.escape(name) if b"\n" in name else name
    return shown + b": " + verdict.encode() + b"\n"


def _shown(name: bytes) -> str:
    return printable(name.decode(errors="replace"))
