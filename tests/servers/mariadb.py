"""MariaDB, from Debian's package."""

import contextlib
import os
import subprocess
from pathlib import Path

from tests.servers import needed
from tests.servers.server import ANSWER_S, DatabaseServer, ServerFailed

USER = PASSWORD = "tests"


class MariaDb(DatabaseServer):
    """With `fsync` off it still keeps what was committed through a kill, but not through a power loss."""

    def __init__(self, folder: Path, *, fsync: bool = False) -> None:
        self._mariadbd, self._install, self._mariadb = needed(
            "MariaDB", "mariadb-server", "mariadbd", "mariadb-install-db", "mariadb"
        )
        super().__init__(folder)
        self._data = self.folder / "data"
        # 2: at a commit the log is written, but synced only once a second. 0 would lose commits in a mere kill.
        self._flush = 1 if fsync else 2

    def _launch(self) -> subprocess.Popen[bytes]:
        as_root = ["--user=root"] if os.geteuid() == 0 else []
        if not (self._data / "mysql").exists():
            self._data.mkdir()
            fixed = [
                "--no-defaults",
                "--auth-root-authentication-method=normal",
                "--skip-test-db",
                "--skip-name-resolve",
            ]
            small = ["--innodb-log-file-size=16M", "--innodb-buffer-pool-size=32M"]
            # In /tmp another one clears away what is not its own.
            own = [f"--datadir={self._data}", f"--tmpdir={self._data}"]
            self._run([self._install, *fixed, *as_root, *small, *own])
        init = self.folder / "init.sql"
        init.write_text(
            f"CREATE USER IF NOT EXISTS '{USER}'@'127.0.0.1' IDENTIFIED BY '{PASSWORD}';\n"
            f"GRANT ALL PRIVILEGES ON *.* TO '{USER}'@'127.0.0.1' WITH GRANT OPTION;\n"
        )
        options = [
            *as_root,
            f"--datadir={self._data}",
            f"--tmpdir={self._data}",
            f"--port={self.port}",
            "--bind-address=127.0.0.1",
            "--skip-networking=0",
            "--skip-name-resolve",
            "--socket=socket",  # in the data folder: a full path may be longer than a socket's can be
            f"--init-file={init}",
            "--max-connections=200",
            "--character-set-server=utf8mb4",
            "--innodb-buffer-pool-size=32M",
            "--innodb-log-file-size=16M",
            f"--innodb-flush-log-at-trx-commit={self._flush}",
        ]
        return self._spawn([self._mariadbd, "--no-defaults", *options], cwd=self._data)

    def answers(self) -> bool:
        try:
            return self._client(["-e", "SELECT 1"], ANSWER_S) != ""
        except (ServerFailed, subprocess.TimeoutExpired):
            return False

    def url(self, name: str, port: int | None = None) -> str:
        return f"mariadb://{USER}:{PASSWORD}@127.0.0.1:{port or self.port}/{name}"

    def sql(self, statements: str, database: str | None = None) -> str:
        return self._client(["-e", statements, *([database] if database else [])])

    def _client(self, words: list[str], timeout_s: float = 60) -> str:
        who = [f"--user={USER}", f"--password={PASSWORD}", "--host=127.0.0.1", f"--port={self.port}", "--protocol=tcp"]
        return self._run(
            [self._mariadb, "--no-defaults", *who, "--batch", "--skip-column-names", "--force", *words], timeout_s
        )

    def _drop(self, name: str) -> None:
        for connection in self.sql(f"SELECT id FROM information_schema.processlist WHERE db = '{name}'").split():
            with contextlib.suppress(ServerFailed):  # it has gone by itself meanwhile
                self.sql(f"KILL {connection}")
        self.sql(f"DROP DATABASE IF EXISTS {name}")
