"""An instant as people type it on the command line: ISO, with its offset."""

from __future__ import annotations

from datetime import UTC, datetime

from django.core.management.base import CommandError

from carpentries_portal.common.dates import FIRST_YEAR, LAST_YEAR


def parse_instant(given: str) -> datetime:
    """ "2018-02-12T23:30-06:00" as UTC. Raises CommandError for one that is none, or has no offset."""
    try:
        at = datetime.fromisoformat(given)
    except ValueError:
        raise CommandError(f"“{given}” is not an instant such as 2018-02-12T23:30-06:00.", returncode=2) from None
    if at.tzinfo is None:
        raise CommandError(f"“{given}” has no offset. Write it as 2018-02-12T23:30-06:00 or …Z.", returncode=2)
    if not FIRST_YEAR <= at.year <= LAST_YEAR:
        raise CommandError(f"“{given}” lies outside the years {FIRST_YEAR} to {LAST_YEAR}.", returncode=2)
    return at.astimezone(UTC)
