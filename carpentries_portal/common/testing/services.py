"""A PostgreSQL and a Redis of a test's own, which it may take away and bring back."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import psycopg2

from carpentries_portal.common.testing.stack import free_port


class Redis:
    """On a port of its own, remembering nothing, as a broker that was lost with all that it had."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        with (self.folder / "redis.log").open("ab") as log:
            self.process = subprocess.Popen(command, cwd=self.folder, stdout=log, stderr=log)  # noqa: S603  # our own process

    def stop(self) -> None:
        """At once, as a machine that is gone."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None


class Postgres:
    """A cluster of its own in a folder of its own: pytest shuts its folders against other users whenever another pytest begins.

    `stop` breaks every connection, as a restart does; `close` ends it, with the folder.
    """

    def __init__(self) -> None:
        self.folder, self.port = Path(tempfile.mkdtemp(prefix="portal-postgresql-")), free_port()
        self.url = f"postgres://portal@127.0.0.1:{self.port}/postgres"
        self.bin = max(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
        self.data = self.folder / "pg"
        self.data.mkdir()
        self.folder.chmod(0o755)
        if os.getuid() == 0:
            shutil.chown(self.data, "postgres")
        self._run("initdb", "-D", str(self.data), "-A", "trust", "-U", "portal", "-E", "UTF8", "--locale=C.UTF-8")

    def _run(self, command: str, *arguments: str) -> None:
        """As who may: PostgreSQL runs for no root."""
        other = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.getuid() == 0 else []
        environment = {"LANG": "C.UTF-8", "PATH": os.environ["PATH"]}
        subprocess.run(  # noqa: S603  # our own process
            [*other, str(self.bin / command), *arguments], env=environment, cwd="/", check=True, stdout=subprocess.DEVNULL
        )

    def start(self) -> None:
        options = f"-p {self.port} -k {self.data} -h 127.0.0.1 -c fsync=off -c max_connections=60"
        self._run("pg_ctl", "-D", str(self.data), "-w", "-l", str(self.data / "log"), "-o", options, "start")

    def stop(self) -> None:
        """As a crash: nobody is waited for."""
        self._run("pg_ctl", "-D", str(self.data), "-w", "-m", "immediate", "stop")

    def close(self) -> None:
        self.stop()
        shutil.rmtree(self.folder)

    def ready(self) -> bool:
        try:
            psycopg2.connect(self.url).close()
        except psycopg2.OperationalError:
            return False
        return True

    def wait_ready(self, seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while not self.ready():
            assert time.monotonic() < deadline, "PostgreSQL does not come back"
            time.sleep(0.1)
