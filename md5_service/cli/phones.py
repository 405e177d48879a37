"""What `put` and `get` print for the kind `phones`: a line for each number, as soon as it is found."""

from collections.abc import Mapping
from dataclasses import dataclass

from md5_service.cli.report import exit_code, is_read_by_a_person, printable, write_json, write_text
from md5_service.client import Client, Incomplete, Phone, Task, TimedOut

WIDEST = len("+123456789012345"), len("1000000")  # of a number, and of most line numbers


@dataclass(frozen=True)
class Phones:
    """How to print them: `with_names`, a line ends with the name of the file."""

    client: Client
    as_json: bool
    with_names: bool = False
    timeout_s: float = float("inf")

    def report(self, task: Task, name: bytes) -> int:
        """Print the numbers of a task. Returns the exit code. Raises Unreachable, or a Refused."""
        try:
            for phone in self.client.phones(task["id"], timeout_s=self.timeout_s):
                if self.as_json:
                    write_json({"task": task["id"], "filename": task["filename"], **phone})
                else:
                    write_text(self._line(phone, name))
        except (Incomplete, TimedOut) as error:
            return exit_code(error.task, name)
        return 0

    def _line(self, phone: Phone, name: bytes) -> str:
        fields = [in_rfc3966(phone), str(phone["line"]), printable(phone["raw"])]
        if self.with_names:
            fields.append(printable(name.decode(errors="replace")))
        if is_read_by_a_person():  # a tab would be shown as \t
            return "  ".join([fields[0].ljust(WIDEST[0]), fields[1].rjust(WIDEST[1]), *fields[2:]])
        return "\t".join(fields)


def in_rfc3966(phone: Phone) -> str:
    """A number with its extension, as a `tel:` URI has them."""
    return phone["number"] + (f";ext={phone['extension']}" if phone["extension"] else "")


AS_FOUND: Mapping[str, type[Phones]] = {
    "phones": Phones
}  # the kinds whose results are printed before the task has ended
