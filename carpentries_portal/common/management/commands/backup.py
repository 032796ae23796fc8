"""bin/manage backup [FILE]: the database and the files that were handed in, in one file. Without a name: portal-<instant>.backup in this folder."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from carpentries_portal.common import backups, clock


class Command(BaseCommand):
    help = __doc__ or ""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("file", nargs="?", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        now = clock.now()
        target: Path = options["file"] or Path(f"portal-{now:%Y-%m-%dT%H%M%SZ}.backup")
        try:
            manifest = backups.back_up(target.absolute(), now=now)
        except backups.UnableToBackUp as problem:
            raise CommandError(str(problem)) from problem
        rows, files = sum(manifest["rows"].values()), len(manifest["files"])
        self.stdout.write(f"{target}: {rows} rows, {files} files, {target.stat().st_size / 1e6:.1f} MB.")
