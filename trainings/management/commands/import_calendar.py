"""bin/manage import_calendar FILE: takes over real data; running it again changes nothing."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from carpentries_portal.common import clock
from carpentries_portal.common.reports import print_import
from carpentries_portal.common.tablefile import UnreadableFileError, content_of
from trainings.importing import import_calendar


class Command(BaseCommand):
    help = __doc__ or ""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            result = import_calendar(content_of(options["file"]), by=None, now=clock.now())
        except UnreadableFileError as problem:
            raise CommandError(f"{options['file']}: {problem}", returncode=2) from problem
        print_import(
            self.stdout,
            taken=result.taken,
            unchanged=result.unchanged,
            refused=result.refused,
            extra={},
            as_json=options["json"],
        )
        if result.refused:
            raise SystemExit(1)
