"""bin/manage audit: ledger = counters = reservations = bookings. Names each mismatch, changes nothing; exit 1 if there is any."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand

from carpentries_portal.common.auditing import run_audits


class Command(BaseCommand):
    help = __doc__ or ""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["json"]:
            found = [asdict(mismatch) for mismatch in run_audits()]
            self.stdout.write(json.dumps(found, ensure_ascii=False))
            count = len(found)
        else:
            count = self._print()
        if count:
            raise SystemExit(1)

    def _print(self) -> int:
        count = 0
        for mismatch in run_audits():
            self.stdout.write(f"{mismatch.audit}: {mismatch.subject}: {mismatch.sentence}")
            count += 1
        if not count:
            self.stdout.write("All adds up.")
        else:
            self.stdout.write("1 mismatch" if count == 1 else f"{count} mismatches")
        return count
