"""A backup of everything the portal keeps, in one file: the database, the files that were handed in, and what must be there after a restore.

The database is dumped first: a file is written before the row that names it, so each row's file is in the archive. Read and written as
streams: memory stays flat.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import shutil
import sqlite3
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction
from django.db.migrations.recorder import MigrationRecorder
from django.utils.translation import gettext as _

from carpentries_portal.common.auditing import run_audits
from carpentries_portal.common.errors import UnableTo

FORM = 1  # of the archive; raised when it is written otherwise
MANIFEST, DATABASE, FILES = "manifest.json", "database", "files/"
BLOCK = 1 << 20


class UnableToBackUp(UnableTo):
    """The dump program is missing or refused, or there is no room."""


class UnableToRestore(UnableTo):
    """The archive is damaged or of another engine, or what it would be written over is not empty."""


def back_up(target: Path, *, now: datetime) -> dict[str, Any]:
    """Write the archive (readable by its owner alone; whole or not at all) and return its manifest. Raises UnableToBackUp."""
    draft = target.with_name(target.name + ".part")
    try:
        with tempfile.TemporaryDirectory(dir=target.parent) as folder:
            dump = Path(folder) / DATABASE
            manifest: dict[str, Any] = {"form": FORM, "made_at": now.isoformat(), "engine": connection.vendor, **_dump(dump)}
            with _private(draft) as raw, tarfile.open(fileobj=raw, mode="w") as archive:
                manifest["database"] = _add(archive, dump, DATABASE)
                manifest["files"] = {name: _add(archive, Path(settings.MEDIA_ROOT) / name, FILES + name) for name in _files()}
                body = json.dumps(manifest, indent=1).encode()
                info = tarfile.TarInfo(MANIFEST)
                info.size = len(body)
                archive.addfile(info, io.BytesIO(body))
        draft.replace(target)
    except OSError as problem:
        raise UnableToBackUp(_("The backup cannot be written: %(problem)s") % {"problem": problem}) from problem
    finally:
        draft.unlink(missing_ok=True)
    return manifest


def restore(source: Path, *, now: datetime) -> dict[str, Any]:
    """Read an archive into an empty database and an empty folder of files, bring it to this version, and check it. Returns its manifest.

    Raises UnableToRestore; then nothing was written, unless it says that the checks failed.
    """
    _is_empty()
    with tempfile.TemporaryDirectory(dir=_folder()) as folder:
        manifest = _unpack(source, Path(folder))
        _load(Path(folder) / DATABASE)
        if manifest["files"]:
            shutil.copytree(Path(folder) / FILES, settings.MEDIA_ROOT, dirs_exist_ok=True)
    found = _counts()
    if found != manifest["rows"]:
        wrong = sorted(label for label in found.keys() | manifest["rows"].keys() if found.get(label) != manifest["rows"].get(label))
        raise UnableToRestore(_("Restored, but not whole: %(tables)s.") % {"tables": ", ".join(wrong)})
    call_command("migrate", verbosity=0)
    if findings := [str(finding) for finding in run_audits()]:
        raise UnableToRestore(_("Restored, but it does not add up: %(findings)s") % {"findings": " ".join(findings[:5])})
    return manifest


def _folder() -> Path:
    folder = Path(settings.DATA_DIR)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _files() -> list[str]:
    root = Path(settings.MEDIA_ROOT)
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


def _sum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def _private(path: Path) -> Iterator[IO[bytes]]:
    """A new file that its owner alone can read, on the disk when it is closed."""
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())


class _Summing:
    """A file that is summed while it is read: the sum is of what went in, also of a file that grows meanwhile."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file, self.sum = file, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        block = self.file.read(size)
        self.sum.update(block)
        return block


def _add(archive: tarfile.TarFile, path: Path, name: str) -> str:
    """Put a file in; returns its sum."""
    with path.open("rb") as file:
        summing = _Summing(file)
        archive.addfile(archive.gettarinfo(arcname=name, fileobj=file), summing)  # type: ignore[arg-type]  # read() is all that is asked of it
        return summing.sum.hexdigest()


def _tables() -> list[str]:
    """Each table of ours, whatever model it belongs to; those of sessions are left to themselves."""
    return sorted(model._meta.db_table for model in apps.get_models(include_auto_created=True) if model._meta.managed)


def _counts() -> dict[str, int]:
    """Rows by table, of those that the database has: an older state has fewer."""
    there = set(connection.introspection.table_names())
    with connection.cursor() as cursor:
        counts = {}
        for table in _tables():
            if table in there:
                cursor.execute(f"SELECT COUNT(*) FROM {connection.ops.quote_name(table)}")  # noqa: S608  # our own tables
                counts[table] = int(cursor.fetchone()[0])
    return counts


def _dump(target: Path) -> dict[str, Any]:
    """Dump the database as it is at one instant, with its rows counted at that same instant."""
    if connection.vendor == "postgresql":
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            cursor.execute("SELECT pg_export_snapshot()")
            snapshot = cursor.fetchone()[0]
            _postgres("pg_dump", "--format=custom", "--no-owner", f"--snapshot={snapshot}", f"--file={target}")
            return {"rows": _counts(), "migrations": _migrations()}
    copy = target.with_suffix(".sqlite3")
    with connection.cursor() as cursor:
        cursor.execute("VACUUM INTO %s", [str(copy)])
    with closing(sqlite3.connect(copy)) as database:
        there = {row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        rows = {table: database.execute(f'SELECT COUNT(*) FROM "{table}"').fetchone()[0] for table in _tables() if table in there}  # noqa: S608  # our own tables
    with copy.open("rb") as plain, gzip.open(target, "wb", compresslevel=3) as packed:
        shutil.copyfileobj(plain, packed, BLOCK)
    copy.unlink()
    return {"rows": rows, "migrations": _migrations()}


def _migrations() -> list[str]:
    return sorted(f"{app}.{name}" for app, name in MigrationRecorder(connection).applied_migrations())


def _postgres(program: str, *arguments: str) -> None:
    """Run one of PostgreSQL's programs on our database; the password goes by the environment, where no list of processes shows it."""
    database = connection.settings_dict
    names = {"PGHOST": "HOST", "PGPORT": "PORT", "PGUSER": "USER", "PGPASSWORD": "PASSWORD", "PGDATABASE": "NAME"}
    env = {**os.environ, **{variable: str(database[key]) for variable, key in names.items() if database.get(key)}}
    try:
        subprocess.run([program, *arguments], env=env, check=True, capture_output=True, text=True)  # noqa: S603  # a program of PostgreSQL's, our own arguments
    except FileNotFoundError as problem:
        raise UnableToBackUp(_("%(program)s is missing: install postgresql-client.") % {"program": program}) from problem
    except subprocess.CalledProcessError as problem:
        said = (problem.stderr or "").strip().splitlines() or [str(problem)]
        raise UnableToBackUp(_("%(program)s: %(said)s") % {"program": program, "said": said[-1]}) from problem


def _is_empty() -> None:
    if connection.introspection.table_names():
        raise UnableToRestore(_("The database is not empty. Restore into a new one, then point the portal at it."))
    if _files():
        raise UnableToRestore(_("There are files in %(folder)s. Move them away first.") % {"folder": settings.MEDIA_ROOT})


def _unpack(source: Path, folder: Path) -> dict[str, Any]:
    """Take the archive apart and compare each sum. Raises UnableToRestore."""
    try:
        with _opened(source) as archive:
            for member in archive:
                _take_out(archive, member, folder)
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text())
        found = {str(path.relative_to(folder)): _sum(path) for path in folder.rglob("*") if path.is_file()}
        found.pop(MANIFEST)
        meant = {DATABASE: manifest["database"], **{FILES + name: value for name, value in manifest["files"].items()}}
    except (OSError, EOFError, ValueError, KeyError, tarfile.TarError) as problem:
        raise UnableToRestore(
            _("This is no backup of the portal, or a damaged one: %(problem)s") % {"problem": problem}
        ) from problem
    if manifest.get("form") != FORM:
        raise UnableToRestore(_("The backup was written by a newer portal. Restore it with that one."))
    if wrong := sorted(name for name in found.keys() | meant.keys() if found.get(name) != meant.get(name)):
        raise UnableToRestore(_("The backup is damaged: %(names)s.") % {"names": ", ".join(wrong[:5])})
    if manifest["engine"] != connection.vendor:
        text = _("The backup is of %(theirs)s, this database is %(ours)s.")
        raise UnableToRestore(text % {"theirs": manifest["engine"], "ours": connection.vendor})
    return manifest


def _take_out(archive: tarfile.TarFile, member: tarfile.TarInfo, folder: Path) -> None:
    """A plain file inside the folder, nothing else; tarfile's own filter is younger than Debian 12's Python. Raises TarError."""
    target = (folder / member.name).resolve()
    if not (member.isreg() or member.isdir()) or not target.is_relative_to(folder.resolve()):
        raise tarfile.TarError(f"{member.name[:80]} is no plain file of the archive")
    if member.isdir():
        target.mkdir(parents=True, exist_ok=True)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    packed = archive.extractfile(member)
    assert packed is not None, "a regular file has a content"
    with packed, target.open("xb") as plain:
        shutil.copyfileobj(packed, plain, BLOCK)


@contextmanager
def _opened(source: Path) -> Iterator[tarfile.TarFile]:
    file: IO[bytes]
    with source.open("rb") as file, tarfile.open(fileobj=file, mode="r:") as archive:
        yield archive


def _load(dump: Path) -> None:
    """All of it or nothing."""
    if connection.vendor == "postgresql":
        try:
            _postgres(
                "pg_restore",
                "--no-owner",
                "--exit-on-error",
                "--single-transaction",
                f"--dbname={connection.settings_dict['NAME']}",
                str(dump),
            )
        except UnableToBackUp as problem:
            raise UnableToRestore(str(problem)) from problem
        with connection.cursor() as cursor:
            cursor.execute(
                "ANALYZE"
            )  # without its statistics, which no dump holds, PostgreSQL plans the audit and the first night badly
        return
    connection.close()
    place = Path(connection.settings_dict["NAME"])
    draft = place.with_name(place.name + ".part")
    with gzip.open(dump) as packed, draft.open("wb") as plain:
        shutil.copyfileobj(packed, plain, BLOCK)
    for beside in ("-wal", "-shm"):  # of the empty database that was looked at
        place.with_name(place.name + beside).unlink(missing_ok=True)
    draft.replace(place)
