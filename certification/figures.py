"""How many are certified how many days after their training, for staff's page of figures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count
from django.utils.dates import MONTHS_3
from django.utils.translation import gettext as _

from carpentries_portal.common.figures import FIGURES, Figure, FigureKind, Kind, Plot, Series, Table, share
from certification.models import Certificate, Checkout
from certification.states import CheckoutState

COHORTS = 6
"""Quarters of a year that are drawn, the last of them that of today."""
STEP, LAST = 10, 180
DAYS = range(0, LAST + 1, STEP)
IN_TABLE = (30, 60, 90, 120, 180)
TONES = ("line-1", "line-2", "line-3", "line-4", "line-5", "line-6")


@dataclass(frozen=True, slots=True)
class Cohort:
    """Those who passed a training that ended in these three months; how many of them were certified after how many days."""

    quarter: tuple[int, int]  # year and 0 to 3
    people: int
    certified: Mapping[int, int]
    known_for: int
    """Days since the last of its trainings: what comes after is not known of all of them."""

    @property
    def label(self) -> str:
        year, quarter = self.quarter
        return f"{MONTHS_3[3 * quarter + 1]}–{MONTHS_3[3 * quarter + 3]} {year}".title()

    def share_by(self, day: int) -> float | None:
        """Percent certified by that day; None while it is not known, or of nobody."""
        if day > self.known_for or not self.people:
            return None
        return 100 * sum(n for after, n in self.certified.items() if after <= day) / self.people


def quarter_of(day: date) -> tuple[int, int]:
    return day.year, (day.month - 1) // 3


def _first_day(today: date) -> date:
    """Of the first quarter that is drawn."""
    year, quarter = divmod(today.year * 4 + quarter_of(today)[1] - COHORTS + 1, 4)
    return date(year, 3 * quarter + 1, 1)


def cohorts(now: datetime) -> list[Cohort]:
    """The newest first. Two queries. A certificate that was revoked counts no more; a pass that was taken back neither."""
    today = now.date()
    ended = "place__training__ends_on"
    passed = Checkout.objects.exclude(state=CheckoutState.WITHDRAWN).filter(
        **{f"{ended}__gte": _first_day(today), f"{ended}__lte": today}
    )
    valid = Certificate.objects.valid().filter(**{f"checkout__{ended}__gte": _first_day(today), f"checkout__{ended}__lte": today})
    people = {row[ended]: row["n"] for row in passed.values(ended).order_by().annotate(n=Count("pk"))}
    rows = valid.values_list(f"checkout__{ended}", "issued_on").order_by().annotate(n=Count("pk"))
    return cohorts_of(people, {(end, on): n for end, on, n in rows}, today=today)


def cohorts_of(people: Mapping[date, int], issued: Mapping[tuple[date, date], int], *, today: date) -> list[Cohort]:
    found = []
    for quarter in sorted({quarter_of(end) for end in people}, reverse=True):
        ends = [end for end in people if quarter_of(end) == quarter]
        certified: Counter[int] = Counter()
        for (end, on), n in issued.items():
            if quarter_of(end) == quarter:
                certified[max((on - end).days, 0)] += n
        found.append(Cohort(quarter, sum(people[end] for end in ends), certified, (today - max(ends)) // timedelta(days=1)))
    return found


def certified(now: datetime) -> Figure:
    return figure_of(cohorts(now))


def figure_of(found: list[Cohort]) -> Figure:
    title = _("Nobody whose training ended in the last year and a half has passed it yet")
    if found:
        told = next((one for one in found if one.share_by(90) is not None), None)
        title = _("%(n)d people passed their training; 90 days are not over for any three months yet") % {
            "n": sum(one.people for one in found)
        }
        if told is not None:
            values = {"share": share(told.share_by(90) or 0, 100), "months": told.label}
            title = _("%(share)s of those who passed in %(months)s were certified after 90 days") % values
    plot = Plot(
        _("Share certified, by days since the last day of the training"),
        _("Share of people certified by days since their training, a line for each three months; the table has the numbers."),
        Kind.LINES,
        tuple(map(str, DAYS)),
        tuple(Series(one.label, tone, tuple(map(one.share_by, DAYS))) for one, tone in zip(found, TONES, strict=False)),
        percent=True,
        every=3,
    )
    lead = _(
        "Of those who passed attendance, by the three months in which their training ended. A line ends where the newest of its trainings is no older."
    )
    return Figure(title, lead, (plot,) if found else (), _table(found))


def _table(found: list[Cohort]) -> Table:
    header = (_("Training ended in"), _("People"), *(_("%(n)d days") % {"n": day} for day in IN_TABLE))
    lines = []
    for one in found:
        shares = (one.share_by(day) for day in IN_TABLE)
        lines.append((one.label, str(one.people), *("–" if value is None else share(value, 100) for value in shares)))
    return Table(header, tuple(lines))


def register() -> None:
    """Called when the app is ready."""
    FIGURES.add("certified", FigureKind("certification.view_certificate", certified))
