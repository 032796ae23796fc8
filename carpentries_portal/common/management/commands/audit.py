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
        found = list(run_audits())
        if options["json"]:
            self.stdout.write(json.dumps([asdict(mismatch) for mismatch in found], ensure_ascii=False))
        else:
            for mismatch in found:
                self.stdout.write(f"{mismatch.audit}: {mismatch.subject}: {mismatch.sentence}")
            self.stdout.write(f"{len(found)} mismatches" if found else "All adds up.")
        if found:
            raise SystemExit(1)
