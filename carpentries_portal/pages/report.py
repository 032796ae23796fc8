"""The report of a membership's year (L15): as page, as letter, and as CSV that no formula can hide in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from carpentries_portal.common.dates import today_in
from carpentries_portal.common.tables import csv_bits
from carpentries_portal.pages.forecast import Forecast
from carpentries_portal.pages.ledger import LedgerLine, ledger_lines
from carpentries_portal.pages.progress import PersonLine, counts
from carpentries_portal.pages.year import year_of
from memberships.models import Membership
from memberships.queries import SeatMeter, meter_of, whole_ledger_of
from trainings.models import Booking


@dataclass(frozen=True, slots=True)
class Report:
    """A membership as it stands: seats, what is about to be lost, bookings, people, the whole ledger."""

    membership: Membership
    meter: SeatMeter
    forecast: Forecast
    bookings: list[Booking]
    people: list[PersonLine]
    counts: list[tuple[str, int]]
    ledger: list[LedgerLine]


def report_of(membership: Membership, *, now: datetime) -> Report:
    """Needs organization and edition. A constant number of queries."""
    year = year_of(membership, now=now)
    ledger = ledger_lines(whole_ledger_of(membership))
    return Report(membership, meter_of(membership), year.forecast, year.bookings, year.people, counts(year.people), ledger)


def as_csv(people: Sequence[PersonLine]) -> bytes:
    """A row a person, with the mark by which Excel knows UTF-8. Days are ISO, in the training's zone."""
    header = [
        _("Training"),
        _("First day"),
        _("Last day"),
        _("Name"),
        _("E-mail"),
        _("How it stands"),
        _("Application"),
        _("Attendance"),
        _("Minutes missed"),
        _("Exercises passed"),
        _("Exercises due"),
        _("Certificate"),
    ]
    return b"".join(csv_bits(header, map(_row, people)))


def _row(line: PersonLine) -> list[str]:
    training, done = line.booking.training, line.exercises
    return [
        str(training),
        training.starts_on.isoformat(),
        training.ends_on.isoformat(),
        line.place.name,
        line.address,
        str(line.state.word),
        line.application,
        line.place.get_outcome_display() if line.place.outcome else "",
        "" if line.minutes is None else str(line.minutes),
        "" if done is None else f"{done.passed} / {done.of}",
        "" if done is None else done.due.on.isoformat(),
        line.certificate,
    ]


def filename(membership: Membership, *, now: datetime) -> str:
    """ASCII, of the day in the organization's zone."""
    return f"report-{membership.pk}-{today_in(membership.organization.zone, now).isoformat()}.csv"
