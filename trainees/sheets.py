"""Sheets to sign, on paper: one for each site of a team, with the hours of its days by the clock on the wall there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from carpentries_portal.common.dates import day_text
from trainees.models import Place
from trainees.request_queries import seat_of
from trainings.models import Booking


@dataclass(frozen=True, slots=True)
class SheetDay:
    """A day of the training at a site: "Mon 12 Mar 2018", "9:00–17:00"."""

    day: str
    hours: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """One page: who signs at one site. `spare`: empty lines for seats whose names are still to come."""

    site: str
    room: str
    names: tuple[str, ...]
    spare: range
    days: tuple[SheetDay, ...]


def sign_in_sheets(booking: Booking, places: Sequence[Place]) -> list[Sheet]:
    """The team's own site first, then other places by name (R13). Whoever takes part alone signs nowhere (R14). No query."""
    days = tuple(_day(booking, number) for number in range(len(booking.training.hours())))
    by_site: dict[str, list[str]] = {"": []}
    for place in places:
        seat = seat_of(place)
        if not seat.remote:
            by_site.setdefault(seat.location if seat.elsewhere else "", []).append(place.name)
    spare = range(max(booking.reservation.reserved - len(places), 0))
    own = Sheet(booking.site, booking.room, tuple(by_site.pop("")), spare, days)
    others = [Sheet(site, "", tuple(names), range(0), days) for site, names in sorted(by_site.items())]
    return [own, *others]


def _day(booking: Booking, number: int) -> SheetDay:
    """By the site's clock; a day that ends after midnight there says so by its hours."""
    hours = booking.training.hours()[number]
    local = hours.in_zone(booking.site_zone)
    text = _("%(starts)s–%(ends)s") % {"starts": f"{local.starts:%-H:%M}", "ends": f"{local.ends:%-H:%M}"}
    return SheetDay(day=day_text(local.starts.date()), hours=text)
