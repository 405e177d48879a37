"""A DNS server, dnsmasq, from Debian's package."""

import contextlib
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

import dns.exception
import dns.message
import dns.query

from tests.servers import needed
from tests.servers.server import ANSWER_S, Server

TTL_S = 300


class Dns(Server):
    """Knows `records`, given as dnsmasq's options, and answers that everything else in `.org` does not exist."""

    def __init__(self, folder: Path, records: Sequence[str]) -> None:
        self._dnsmasq = needed("DNS", "dnsmasq-base", "dnsmasq")[0]
        super().__init__(folder)
        self._records = records

    def _launch(self) -> subprocess.Popen[bytes]:
        where = ["--listen-address=127.0.0.1", "--bind-interfaces", f"--port={self.port}"]
        nothing_else = ["--conf-file=/dev/null", "--no-resolv", "--no-hosts", "--local=/org/"]
        rest = [f"--local-ttl={TTL_S}", "--log-queries"]
        # With this option it does not change its folder or its user.
        return self._spawn(
            [self._dnsmasq, "--no-daemon", *where, *nothing_else, *rest, *self._records], cwd=self.folder
        )

    @property
    def address(self) -> str:
        """In the form of the setting `dns_server`."""
        return f"127.0.0.1:{self.port}"

    def answers(self) -> bool:
        with contextlib.suppress(dns.exception.DNSException, OSError):
            question = dns.message.make_query("is-it-there.org", "A")
            return bool(dns.query.tcp(question, "127.0.0.1", ANSWER_S, self.port))
        return False

    def questions(self) -> list[tuple[str, str]]:
        """The queries since the start: kind and name."""
        return re.findall(r"query\[(\w+)\] (\S+) from", self._log())
