"""When teams book, measured against the last day of sign-up, for staff's page of figures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from carpentries_portal.common.dates import today_in
from carpentries_portal.common.figures import FIGURES, Figure, FigureKind, Kind, Plot, Series, Table, share
from trainings.models import Booking
from trainings.states import BookingState

SINCE = timedelta(days=730)
BINS = [(57, None), (29, 56), (15, 28), (8, 14), (4, 7), (1, 3), (0, 0), (None, -1)]
"""Days before the cut-off, from and to; the last is after it."""


@dataclass(frozen=True, slots=True)
class SignUp:
    """A booking: how many days before the last day of sign-up it was made, its seats, whether it stands."""

    days: int
    seats: int
    stands: bool


def _sign_ups(now: datetime) -> Iterator[SignUp]:
    """Of trainings whose sign-up is over: one that is open would count those who book early alone. Each day is one in the training's zone."""
    today = now.date()
    rows = Booking.objects.filter(training__sign_up_until__lt=today, training__sign_up_until__gte=today - SINCE)
    columns = ("training__sign_up_until", "training__zone", "booked_at", "seats", "cancelled_seats", "state")
    for until, zone, at, seats, cancelled, state in rows.values_list(*columns).iterator():
        stands = state == BookingState.CONFIRMED
        yield SignUp((until - today_in(zone, at)).days, seats if stands else cancelled, stands)


def _in(days: int, first: int | None, last: int | None) -> bool:
    return (first is None or days >= first) and (last is None or days <= last)


def _named(first: int | None, last: int | None) -> tuple[str, str]:
    """A bin in short, under its bar, and in words."""
    if last is None:
        return f"{first}+", _("%(n)d days or more before") % {"n": first}
    if first is None:
        return _("late"), _("after it, by an exception")
    if first == last:
        return str(first), _("on the last day")
    return f"{first}–{last}", _("%(first)d to %(last)d days before") % {"first": first, "last": last}


def sign_ups(now: datetime) -> Figure:
    """One query."""
    return figure_of(_sign_ups(now))


def figure_of(found: Iterable[SignUp]) -> Figure:
    rows = list(found)
    title = _("Nobody has booked yet for a training whose sign-up is over")
    if rows:
        days = round(median(row.days for row in rows))
        text = ngettext(
            "Half of the teams book %(n)d day or more before the cut-off",
            "Half of the teams book %(n)d days or more before the cut-off",
            days,
        )
        title = text % {"n": days} if days >= 0 else _("Half of the teams book after the cut-off")
    bins = [[row for row in rows if _in(row.days, *edges)] for edges in BINS]
    lead = _(
        "Bookings for trainings of the last two years whose sign-up is over, by the days from the booking to the last day of sign-up."
    )
    plot = Plot(
        _("Teams, by days before the last day of sign-up"),
        _("Teams by how early they booked, a bar for each span of days; the table has the numbers."),
        Kind.BARS,
        tuple(_named(*edges)[0] for edges in BINS),
        (
            Series(_("stands"), "used", tuple(sum(row.stands for row in group) for group in bins)),
            Series(_("cancelled or moved later"), "forfeited", tuple(sum(not row.stands for row in group) for group in bins)),
        ),
    )
    return Figure(title, lead, (plot,) if rows else (), _table(bins, len(rows)))


def _table(bins: list[list[SignUp]], total: int) -> Table:
    header = (_("When"), _("Teams"), _("Seats"), _("Cancelled or moved later"), _("Booked by then"))
    lines, before = [], 0
    for edges, group in zip(BINS, bins, strict=True):
        before += len(group)
        cancelled = sum(not row.stands for row in group)
        numbers = (str(len(group)), str(sum(row.seats for row in group)), str(cancelled), share(before, total))
        lines.append((_named(*edges)[1], *numbers))
    return Table(header, tuple(lines) if total else ())


def register() -> None:
    """Called when the app is ready."""
    FIGURES.add("sign-ups", FigureKind("trainings.view_booking", sign_ups))
