"""bin/manage import_members FILE: takes over agreements, or the organizations of a list of members; running it again changes nothing."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from carpentries_portal.common import clock
from carpentries_portal.common.reports import print_import
from carpentries_portal.common.tablefile import UnreadableFileError, content_of
from memberships.agreements_file import read_zones
from memberships.importing import Imported, import_agreements, import_listed
from memberships.listed_file import is_listed


class Command(BaseCommand):
    help = __doc__ or ""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--zones", type=Path, help="CSV with the columns organisation, zone")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            zones = read_zones(content_of(options["zones"])) if options["zones"] else {}
        except UnreadableFileError as problem:
            raise CommandError(f"{options['zones']}: {problem}", returncode=2) from problem
        try:
            content = content_of(options["file"])
            result: Imported[Any] = (
                import_listed(content, source=options["file"].name, by=None, now=clock.now())
                if is_listed(content)
                else import_agreements(content, zones=zones, by=None, now=clock.now())
            )
        except UnreadableFileError as problem:
            raise CommandError(f"{options['file']}: {problem}", returncode=2) from problem
        print_import(
            self.stdout,
            taken=result.taken,
            unchanged=result.unchanged,
            refused=result.refused,
            extra=result.zone_notes,
            as_json=options["json"],
        )
        if result.refused:
            raise SystemExit(1)
