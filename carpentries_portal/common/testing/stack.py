"""A portal in processes of its own: web, worker and beat on a database, a queue and a mail folder nobody else uses."""

from __future__ import annotations

import email
import email.policy
import fcntl
import hashlib
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import closing, suppress
from email.message import EmailMessage
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit, urlunsplit

import psycopg2

ROOT = Path(__file__).resolve().parents[3]
BIN = Path(sys.executable).parent
Found = TypeVar("Found")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def migrations_digest() -> str:
    """Of all our migrations: another one, and the stock is another."""
    files = sorted(ROOT.glob("*/migrations/*.py")) + sorted(ROOT.glob("*/*/migrations/*.py"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()[:12]


class Stack:
    """Start with `start()`, always end with `stop()`. `moved` is the portal's clock; `like` a stack whose data this one begins with."""

    web = ("--threads", "4")

    def __init__(self, folder: Path, *, moved: str, like: Stack | None = None, **env: str) -> None:
        self.folder, self.port = folder, free_port()
        self.url = f"http://localhost:{self.port}"
        self.clock = folder / "clock"
        self.move_clock(moved)
        self.processes: list[subprocess.Popen[bytes]] = []
        self.env = {
            **os.environ,
            "PORTAL_TEST": "1",
            "PORTAL_DATA_DIR": str(folder),
            "PORTAL_CLOCK_FILE": str(self.clock),
            "PORTAL_SWEEP_SECONDS": "1",
            "SITE_URL": self.url,
            "PYTHONWARNINGS": "ignore",
            **env,
        }
        self._own_database(like)

    def _own_database(self, like: Stack | None) -> None:
        """On PostgreSQL a new database on the same server, on Redis another number."""
        if not self.env.get("DATABASE_URL"):
            if like is not None:
                shutil.copy(like.folder / "portal.sqlite3", self.folder / "portal.sqlite3")
            return
        name = f"stack_{os.getpid()}_{self.port}"
        connection = psycopg2.connect(self.env["DATABASE_URL"])
        connection.autocommit = True
        with connection.cursor() as cursor:
            template = urlsplit(like.env["DATABASE_URL"]).path[1:] if like is not None else "template1"
            cursor.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        connection.close()
        parts = urlsplit(self.env["DATABASE_URL"])
        self.env["DATABASE_URL"] = urlunsplit(parts._replace(path=f"/{name}"))
        redis = urlsplit(self.env["REDIS_URL"])
        self.env["REDIS_URL"] = urlunsplit(redis._replace(path=f"/{1 + self.port % 15}"))

    def _begin_migrated(self) -> None:
        """Begin as a copy of an empty portal that was migrated once for all stacks: the same, in a fifth of the time. Not where data is there."""
        stock = Path(os.environ.get("PORTAL_DATA_DIR") or tempfile.gettempdir()) / f"stock-{migrations_digest()}"
        stock.mkdir(parents=True, exist_ok=True)
        with (stock / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if url := self.env.get("DATABASE_URL"):
                self._begin_on_postgresql(url, f"stock_{stock.name[6:]}")
            elif not (self.folder / "portal.sqlite3").exists():
                if not (stock / "portal.sqlite3").exists():
                    self._migrate(PORTAL_DATA_DIR=str(stock))
                shutil.copy(stock / "portal.sqlite3", self.folder / "portal.sqlite3")

    def _begin_on_postgresql(self, url: str, stock: str) -> None:
        with closing(psycopg2.connect(url)) as mine, mine.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_tables WHERE schemaname = 'public' LIMIT 1")
            if cursor.fetchone():
                return
        server = psycopg2.connect(os.environ["DATABASE_URL"])
        server.autocommit = True
        with closing(server), server.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [stock])
            if not cursor.fetchone():
                cursor.execute(f"DROP DATABASE IF EXISTS {stock}_new")
                cursor.execute(f"CREATE DATABASE {stock}_new TEMPLATE template1")
                self._migrate(DATABASE_URL=urlunsplit(urlsplit(url)._replace(path=f"/{stock}_new")))
                cursor.execute(f"ALTER DATABASE {stock}_new RENAME TO {stock}")
            name = urlsplit(url).path[1:]
            cursor.execute(f"DROP DATABASE {name}")
            cursor.execute(f"CREATE DATABASE {name} TEMPLATE {stock}")

    def _migrate(self, **env: str) -> None:
        command = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
        subprocess.run(command, cwd=ROOT, env={**self.env, **env}, check=True, capture_output=True)  # noqa: S603  # our own command

    def move_clock(self, to: str) -> None:
        """Set the portal's clock to an ISO instant, in one step for who reads it."""
        fresh = self.clock.with_suffix(".new")
        fresh.write_text(to)
        fresh.replace(self.clock)

    def manage(self, *arguments: str) -> str:
        """Run a command of the portal; its output. Raises CalledProcessError."""
        run = subprocess.run(  # noqa: S603  # our own command
            [sys.executable, "manage.py", *arguments], cwd=ROOT, env=self.env, check=True, capture_output=True, text=True
        )
        return run.stdout

    def start(self) -> None:
        self._begin_migrated()
        self.manage("migrate", "--verbosity", "0")
        celery = [str(BIN / "celery"), "-A", "carpentries_portal"]
        self._spawn("web", [str(BIN / "gunicorn"), "carpentries_portal.wsgi", "--bind", f"127.0.0.1:{self.port}", *self.web])
        self._spawn("worker", [*celery, "worker", "--pool", "solo", "--concurrency", "1", "--loglevel", "INFO"])
        self._spawn("beat", [*celery, "beat", "--pidfile=", "--loglevel", "INFO"])
        self.wait(self._answers, "the web server answers")

    def start_worker(self, name: str = "worker", *, app: str = "carpentries_portal", pool: str = "solo") -> subprocess.Popen[bytes]:
        """A worker that is its own beat: enough where nobody looks at a page."""
        worker = [str(BIN / "celery"), "-A", app, "worker", "-B", "--pool", pool, "--concurrency", "1", "--loglevel", "INFO"]
        return self._spawn(name, [*worker, "--schedule", str(self.folder / f"beat-of-{name}")])

    def _spawn(self, name: str, command: list[str]) -> subprocess.Popen[bytes]:
        with (self.folder / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(  # noqa: S603  # our own processes
                command, cwd=ROOT, env=self.env, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
            )
        self.processes.append(process)
        return process

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """SIGKILL to a process and its children, also where it is dead already."""
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        self.processes.remove(process)

    def count(self, sql: str) -> int:
        """A number, asked of the database itself: a command would take seconds to come."""
        url = self.env.get("DATABASE_URL", "")
        file = f"file:{self.folder / 'portal.sqlite3'}?mode=ro"
        connection: Any = psycopg2.connect(url) if url else sqlite3.connect(file, uri=True, timeout=20)
        with closing(connection), closing(connection.cursor()) as cursor:
            cursor.execute(sql)
            return int(cursor.fetchone()[0])

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/healthz", timeout=2) as answer:  # noqa: S310  # our own server
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def stop(self) -> None:
        for process in self.processes:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
        for process in self.processes:
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    def log(self) -> str:
        """All that the processes have said."""
        return "".join(path.read_text(errors="replace") for path in sorted(self.folder.glob("*.log")))

    def wait(self, found: Callable[[], Found], what: str, *, seconds: float = 45, every: float = 0.2) -> Found:
        """Ask until there is an answer. Raises TimeoutError with what was waited for."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if answer := found():
                return answer
            time.sleep(every)
        raise TimeoutError(f"{what}: not within {seconds} s")

    def letters(self) -> list[EmailMessage]:
        """Every letter that has left."""
        files = sorted((self.folder / "mail").glob("*.eml"), key=lambda path: path.stat().st_mtime_ns)
        messages = [email.message_from_bytes(path.read_bytes(), policy=email.policy.default) for path in files]
        return [message for message in messages if isinstance(message, EmailMessage)]

    def letter(self, *, to: str, subject: str) -> str:
        """The text of the newest letter to somebody whose subject contains the words; waits for it."""
        return self.wait(lambda: self._newest(to, subject)[0], f"letter “{subject}” to {to}")

    def attached(self, *, to: str, subject: str, suffix: str) -> tuple[str, bytes]:
        """The text of such a letter, and the bytes of what is attached to it under a name with this end; waits for it."""

        def found() -> tuple[str, bytes] | None:
            text, message = self._newest(to, subject)
            parts = list(message.iter_attachments()) if message is not None else []
            bodies = [bytes(part.get_content()) for part in parts if str(part.get_filename()).endswith(suffix)]
            return (text, bodies[0]) if bodies else None

        return self.wait(found, f"letter “{subject}” to {to} with {suffix}") or ("", b"")

    def _newest(self, to: str, subject: str) -> tuple[str, EmailMessage | None]:
        fits = [one for one in self.letters() if str(one["to"]) == to and subject in str(one["subject"])]
        body = fits[-1].get_body(("plain",)) if fits else None
        return (str(body.get_content()), fits[-1]) if body is not None else ("", None)
