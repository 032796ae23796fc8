"""bin/manage restore FILE: a backup into an empty database and an empty folder of files; migrated to this version, counted, audited."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from carpentries_portal.common import backups, clock


class Command(BaseCommand):
    help = __doc__ or ""
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            manifest = backups.restore(options["file"], now=clock.now())
        except backups.UnableToRestore as problem:
            raise CommandError(str(problem)) from problem
        rows, files = sum(manifest["rows"].values()), len(manifest["files"])
        self.stdout.write(f"Restored the backup of {manifest['made_at']}: {rows} rows, {files} files. All adds up.")
