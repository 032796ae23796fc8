"""What the pages that span apps show: they compose the apps' queries, and say what to do next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from carpentries_portal.common.dates import CutOff, add_months
from carpentries_portal.common.models import Person
from memberships.models import LedgerEntry, Membership
from memberships.queries import SeatMeter, ledger_of, memberships_of, meter_of
from trainings import queries, timeline
from trainings.models import Booking, TrainingException
from trainings.queries import Offer


@dataclass(frozen=True, slots=True)
class NextStep:
    """The one thing to do next: what, by when, why, and the button."""

    what: str
    why: str
    button: str = ""
    url: str = ""
    by: CutOff | None = None
    rule: str = ""


@dataclass(frozen=True, slots=True)
class MembershipPage:
    """A membership as its coordinators see it."""

    membership: Membership
    meter: SeatMeter
    state: timeline.StateWord
    next_step: NextStep | None
    minimum: int
    offers: list[Offer]
    last_saving: Offer | None
    recommended_until: date
    bookings: list[Booking]
    requests: list[TrainingException]
    ledger: list[LedgerEntry]


def minimum_team(membership: Membership) -> int:
    """The smallest team the membership may send (R11)."""
    edition = membership.edition.edition()
    return edition.minimum_for(edition.seats_of(membership.level))


def membership_page(membership: Membership, *, now: datetime) -> MembershipPage:
    """Everything on the membership's page. A constant number of queries."""
    minimum = minimum_team(membership)
    offers: list[Offer] = []
    if not membership.has_ended(now) and membership.available >= minimum:
        zone = membership.organization.zone
        offers = queries.alternatives(membership=membership, seats=minimum, site_zone=zone, now=now, limit=60)
    return MembershipPage(
        membership=membership,
        meter=meter_of(membership),
        state=_membership_state(membership, now=now),
        next_step=_membership_step(membership, minimum=minimum, offers=offers, now=now),
        minimum=minimum,
        offers=offers[:4],
        last_saving=offers[-1] if offers else None,
        recommended_until=add_months(membership.starts_on, membership.edition.edition().recommended_months),
        bookings=queries.bookings_of(membership),
        requests=queries.requests_of(membership),
        ledger=ledger_of(membership),
    )


def _membership_state(membership: Membership, *, now: datetime) -> timeline.StateWord:
    if membership.has_ended(now):
        return timeline.StateWord(_("ended"), "")
    if not membership.has_begun(now):
        return timeline.StateWord(_("not begun"), "now")
    return timeline.StateWord(_("current"), "good")


def _membership_step(membership: Membership, *, minimum: int, offers: list[Offer], now: datetime) -> NextStep | None:
    """Book a team while that is possible; else nothing is asked of the coordinator here."""
    if membership.has_ended(now) or not membership.available:
        return None
    left = membership.available
    if left < minimum:
        why = _("At least %(n)d attend at once; with fewer seats, enlarge a booking while its sign-up is open.") % {"n": minimum}
        what = ngettext("%(n)d seat is left", "%(n)d seats are left", left) % {"n": left}
        return NextStep(what=what, why=why, by=membership.cut_off(), rule="R11")
    if not offers:
        why = _("No training that is open now fits: write to us which dates and hours would suit you.")
        return NextStep(what=_("No training fits at the moment"), why=why, by=membership.cut_off())
    teams = left // minimum
    what = (
        _("Book your team of %(n)d") % {"n": left}
        if teams == 1
        else ngettext("Book a team: %(n)d seat is left", "Book a team: %(n)d seats are left", left) % {"n": left}
    )
    button = ngettext("See %(n)d training that fits", "See %(n)d trainings that fit", len(offers)) % {"n": len(offers)}
    why = _("What is left when your membership year ends is forfeited.")
    last = offers[-1]
    return NextStep(what=what, why=why, by=last.sign_up, button=button, url="#fit", rule="R12")


@dataclass(frozen=True, slots=True)
class BookingPage:
    """A booking as its coordinators, trainers and staff see it."""

    booking: Booking
    state: timeline.StateWord
    next_step: NextStep | None
    dates: list[timeline.Milestone]
    requests: list[TrainingException]
    may_change: bool


def booking_page(booking: Booking, *, now: datetime, may_change: bool) -> BookingPage:
    """Everything on the booking's page. A constant number of queries."""
    rows = TrainingException.objects.filter(training=booking.training_id, membership=booking.membership_id)
    return BookingPage(
        booking=booking,
        state=timeline.StateWord(_("confirmed"), "good")
        if booking.state == "confirmed"
        else timeline.StateWord(_("cancelled"), "bad"),
        next_step=_booking_step(booking, now=now),
        dates=timeline.booking_dates(booking, now=now),
        requests=list(rows.select_related("asked_by").order_by("-pk")),
        may_change=may_change and booking.state == "confirmed" and not booking.training.has_begun(now),
    )


def _booking_step(booking: Booking, *, now: datetime) -> NextStep | None:
    """Until the roster is here: gather the names; the number of seats can change while sign-up is open."""
    if booking.state != "confirmed" or booking.roster_cut_off().passed(now):
        return None
    why = _("Names and e-mails of everyone are due three weeks ahead; seats without a name are then forfeited.")
    what = ngettext("Gather the name and e-mail of %(n)d person", "Gather the names and e-mails of %(n)d people", booking.seats)
    step = NextStep(what=what % {"n": booking.seats}, why=why, by=booking.roster_cut_off(), rule="R16")
    return step


@dataclass(frozen=True, slots=True)
class HomeMembership:
    """A membership on the home page of its coordinator."""

    membership: Membership
    meter: SeatMeter
    url: str


def home_memberships(person: Person, *, now: datetime) -> list[HomeMembership]:
    """The memberships of a coordinator that have not ended. One query."""
    return [
        HomeMembership(membership=row, meter=meter_of(row), url=reverse("pages:membership", args=[row.pk]))
        for row in memberships_of(person)
        if not row.has_ended(now)
    ]
